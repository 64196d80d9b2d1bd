-- How many statements of clients wait for a lock. pg_locks is readable by every role. Before 14 it has no
-- waitstart: the start of the statement is the closest known, and hidden from an unprivileged role.
SELECT
  count(DISTINCT pid)::int AS waiting,
  extract(epoch FROM max(clock_timestamp() - activity.query_start))::float8 AS oldest_s,
  false AS is_exact
FROM pg_catalog.pg_locks
JOIN pg_catalog.pg_stat_activity AS activity USING (pid)
WHERE NOT granted
  AND pid <> pg_backend_pid()
  AND (activity.backend_type = 'client backend' OR activity.backend_type IS NULL)
