-- The normalised texts of a few statements.
SELECT DISTINCT ON (queryid)
  queryid AS query_id,
  left(query, 1000) AS query
FROM {schema}.pg_stat_statements(true)
WHERE queryid = ANY (%(ids)s::bigint[])
ORDER BY queryid
LIMIT 5
