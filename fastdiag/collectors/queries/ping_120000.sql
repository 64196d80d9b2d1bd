-- A trivial statement: its round trip is db.latency.
SELECT 1 AS answer
