-- How many statements of clients wait for a lock, and for how long. pg_locks is readable by every role.
-- waitstart is still NULL in the first moments of a wait.
SELECT
  count(DISTINCT pid)::int AS waiting,
  extract(epoch FROM max(clock_timestamp() - waitstart))::float8 AS oldest_s,
  true AS is_exact
FROM pg_catalog.pg_locks
JOIN pg_catalog.pg_stat_activity AS activity USING (pid)
WHERE NOT granted
  AND pid <> pg_backend_pid()
  AND (activity.backend_type = 'client backend' OR activity.backend_type IS NULL)
