-- Transactions left prepared for a two-phase commit: they hold locks without a session.
SELECT
  count(*)::int AS transactions,
  extract(epoch FROM max(clock_timestamp() - prepared))::float8 AS oldest_s
FROM pg_catalog.pg_prepared_xacts
