-- A loyalty programme, for loyalty.py.
CREATE TABLE members (
    id integer PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE cards (
    id integer PRIMARY KEY,
    member_id integer NOT NULL REFERENCES members,
    tier text NOT NULL
);
CREATE INDEX cards_by_member ON cards (member_id);
CREATE TABLE purchases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id integer NOT NULL,
    store text NOT NULL,
    amount numeric(10, 2) NOT NULL
);
CREATE INDEX purchases_by_member ON purchases (member_id);
CREATE TABLE redemptions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id integer NOT NULL,
    points integer NOT NULL,
    reward text NOT NULL
);

INSERT INTO members SELECT n, 'Member ' || n FROM generate_series(1, 8000) AS n;
INSERT INTO cards SELECT n, n, CASE WHEN n % 800 = 0 THEN 'platinum' ELSE 'gold' END FROM generate_series(1, 8000) AS n;
INSERT INTO purchases (member_id, store, amount)
SELECT 1 + n % 2000, 'Store ' || n % 37, n::bigint * 7919 % 100000 / 100.0 FROM generate_series(1, 300000) AS n;
INSERT INTO redemptions (member_id, points, reward)
SELECT 1 + n % 2000, n % 900, 'Mug ' || n % 12 FROM generate_series(1, 4000) AS n;
