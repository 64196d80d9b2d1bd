-- Concerts and their seats, for bookings.py.
CREATE TABLE events (
    id integer PRIMARY KEY,
    name text NOT NULL,
    starts_at timestamptz NOT NULL
);
CREATE TABLE seats (
    id integer PRIMARY KEY,
    event_id integer NOT NULL REFERENCES events,
    price numeric(10, 2) NOT NULL,
    booking_id bigint
);
CREATE INDEX seats_by_event ON seats (event_id);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id integer NOT NULL REFERENCES events,
    customer_id integer NOT NULL,
    status text NOT NULL DEFAULT 'reserved'
);
CREATE TABLE vouchers (
    id integer PRIMARY KEY,
    worth numeric(10, 2) NOT NULL
);

INSERT INTO events SELECT n, 'Concert ' || n, now() + n * interval '1 day' FROM generate_series(1, 500) AS n;
INSERT INTO seats SELECT n, 1 + n % 500, 20 + n % 80 FROM generate_series(1, 20000) AS n;
INSERT INTO bookings (event_id, customer_id) SELECT n, n FROM generate_series(1, 500) AS n;
INSERT INTO vouchers SELECT n, 10 FROM generate_series(1, 250) AS n;
