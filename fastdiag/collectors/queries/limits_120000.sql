-- What bounds the server's connections, and who is asking. The pid tells a server
-- from a pooler, which announced another one when the session started. Readable by every role.
-- reserved_connections exists from 16; the RDS setting only there: absent settings count as none.
SELECT
  pg_backend_pid() AS pid,
  current_setting('max_connections')::int AS max_connections,
  coalesce(nullif(current_setting('superuser_reserved_connections', true), '')::int, 0)
    + coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
    + coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0) AS reserved,
  quote_ident(current_user) AS role,
  current_setting('is_superuser') = 'on' OR EXISTS (
    SELECT FROM pg_catalog.pg_roles
    WHERE rolname IN ('pg_use_reserved_connections', 'rds_superuser')
      AND pg_has_role(current_user, oid, 'USAGE')
  ) AS may_use_reserved,
  (
    SELECT count(*)::int FROM pg_catalog.pg_stat_activity
    WHERE application_name = 'fastdiag' AND pid <> pg_backend_pid()
  ) AS other_fastdiag_sessions
