-- What bounds the server's connections, who is asking, and what else may be asked. The pid tells a server
-- from a pooler, which announced another one when the session started. Readable by every role.
-- reserved_connections exists from 16, the setting of RDS from its 15: RDS keeps 2 slots without it, too.
-- shared_preload_libraries is NULL where the role may not see it.
WITH provider AS (
  SELECT CASE
    WHEN EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = 'aurora_version') THEN 'aurora'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_superuser') THEN 'rds'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'cloudsqlsuperuser') THEN 'cloudsql'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'azure_pg_admin') THEN 'azure'
  END AS name
)
SELECT
  pg_backend_pid() AS pid,
  current_setting('max_connections')::int AS max_connections,
  coalesce(nullif(current_setting('superuser_reserved_connections', true), '')::int, 0)
    + coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
    + coalesce(
      nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int,
      CASE WHEN provider.name IN ('aurora', 'rds') THEN 2 END,
      0
    ) AS reserved,
  quote_ident(current_user) AS role,
  current_setting('is_superuser') = 'on' OR EXISTS (
    SELECT FROM pg_catalog.pg_roles
    WHERE rolname IN ('pg_use_reserved_connections', 'rds_superuser')
      AND pg_has_role(current_user, oid, 'USAGE')
  ) AS may_use_reserved,
  (
    SELECT count(*)::int FROM pg_catalog.pg_stat_activity
    WHERE application_name = 'fastdiag' AND pid <> pg_backend_pid()
  ) AS other_fastdiag_sessions,
  provider.name AS provider,
  current_database()::text AS database,
  quote_ident(nspname) AS statements_schema,
  extversion AS statements_version,
  current_setting('pg_stat_statements.max', true) IS NOT NULL AS statements_loaded,
  (
    SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'
  ) AS preloaded,
  (
    SELECT setting::int >= 0 FROM pg_catalog.pg_settings WHERE name = 'log_min_duration_statement'
  ) AS logs_slow_statements,
  current_setting('log_lock_waits') = 'on' AS logs_lock_waits
FROM provider
LEFT JOIN (
  pg_catalog.pg_extension JOIN pg_catalog.pg_namespace ON pg_namespace.oid = extnamespace
) ON extname = 'pg_stat_statements'
