-- Calls and seconds of statements (pg_stat_statements from 1.9 on, not those that functions run): those most
-- called, and those most costly, since the last reset; of the connected database, or of all when that is the maintenance
-- database. Ids only: without their texts the statistics are read from memory.
-- An id is NULL where the role may not see whose statement it is.
WITH entries AS MATERIALIZED (
  SELECT dbid, queryid, sum(calls) AS calls, sum(total_exec_time) / 1000 AS seconds
  FROM {schema}.pg_stat_statements(false)
  WHERE (
    current_database() = 'postgres'
    OR dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  )
  AND toplevel
  GROUP BY dbid, queryid
),
ranked AS MATERIALIZED (
  SELECT
    dbid,
    queryid,
    calls,
    seconds,
    row_number() OVER (ORDER BY calls DESC) AS by_calls,
    row_number() OVER (ORDER BY seconds DESC) AS by_seconds,
    sum(calls) OVER () AS all_calls,
    sum(seconds) OVER () AS all_seconds,
    count(*) OVER () AS entries
  FROM entries
)
SELECT
  dbid::bigint AS dbid,
  queryid AS query_id,
  calls::float8 AS calls,
  seconds::float8 AS seconds,
  all_calls::float8 AS all_calls,
  all_seconds::float8 AS all_seconds,
  entries::int AS entries,
  extract(epoch FROM clock_timestamp())::float8 AS now
FROM ranked
WHERE by_calls <= 300 OR by_seconds <= 300
