-- Client connections other than ours, longest in their state first; of statements only whether the last was LISTEN.
-- Of other roles' sessions an unprivileged role sees no backend_type: there, what has a database and a
-- user is taken for a client (only parallel workers cannot be told apart).
SELECT
  pid,
  host(client_addr) AS client_addr,
  client_port,
  coalesce(application_name, '') AS application,
  coalesce(usename, '') AS "user",
  coalesce(datname, '') AS database,
  backend_type,
  state,
  wait_event_type AS wait,
  NULL::bigint AS query_id,
  coalesce(query ~* '^\s*LISTEN\s', false) AS listens,
  extract(epoch FROM backend_start)::float8 AS backend_start,
  extract(epoch FROM xact_start)::float8 AS xact_start,
  extract(epoch FROM query_start)::float8 AS query_start,
  extract(epoch FROM state_change)::float8 AS state_change,
  extract(epoch FROM clock_timestamp())::float8 AS now
FROM pg_catalog.pg_stat_activity
WHERE pid <> pg_backend_pid()
  AND (
    backend_type = 'client backend'
    OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL)
  )
ORDER BY state_change NULLS LAST, pid
