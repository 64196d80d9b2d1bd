-- A help desk, for tickets.py: every second ticket is closed.
CREATE TABLE tickets (
    id integer PRIMARY KEY,
    subject text NOT NULL,
    status text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id integer NOT NULL REFERENCES tickets,
    body text NOT NULL
);
CREATE INDEX notes_by_ticket ON notes (ticket_id);

INSERT INTO tickets
SELECT n, 'Printer ' || n || ' is out of paper', CASE n % 2 WHEN 0 THEN 'closed' ELSE 'open' END
FROM generate_series(1, 500) AS n;
INSERT INTO notes (ticket_id, body) SELECT 1 + n % 500, 'Tray ' || n % 4 FROM generate_series(1, 5000) AS n;
