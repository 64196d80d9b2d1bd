-- Transactions, deadlocks and temporary files since the statistics were reset: of the connected database, or of all when that
-- is the maintenance database. Readable by every role.
SELECT
  datname::text AS database,
  xact_commit AS commits,
  xact_rollback AS rollbacks,
  deadlocks,
  temp_bytes,
  extract(epoch FROM stats_reset)::float8 AS stats_reset,
  extract(epoch FROM clock_timestamp())::float8 AS now
FROM pg_catalog.pg_stat_database
WHERE datname = current_database() OR (current_database() = 'postgres' AND datname IS NOT NULL)
ORDER BY xact_commit + xact_rollback DESC, datname
LIMIT 200
