-- Who holds up whom: one row for each waiter and each session that blocks it, of the oldest 20 waiters or
-- of the given pids. pg_blocking_pids costs grow with the square of the queue, so it is asked for no more.
-- Before 14 pg_locks has no waitstart: the start of the statement orders the waiters. Blocker 0 is a prepared transaction.
WITH waiting AS MATERIALIZED (
  SELECT pid, min(coalesce(activity.query_start, activity.backend_start)) AS since
  FROM pg_catalog.pg_locks
  JOIN pg_catalog.pg_stat_activity AS activity USING (pid)
  WHERE NOT granted
    AND (
      (activity.backend_type = 'client backend' AND activity.wait_event_type = 'Lock')
      OR activity.backend_type IS NULL
      OR pid = ANY (%(pids)s::int[])
    )
  GROUP BY pid
),
asked AS MATERIALIZED (
  SELECT pid
  FROM waiting
  WHERE %(pids)s::int[] IS NULL OR pid = ANY (%(pids)s::int[])
  ORDER BY since NULLS LAST, pid
  LIMIT 20
)
SELECT DISTINCT
  asked.pid AS waiter,
  blocking.pid AS blocker,
  EXISTS (SELECT FROM pg_catalog.pg_locks WHERE NOT granted AND pg_locks.pid = blocking.pid) AS blocker_waits,
  coalesce(activity.application_name, '') AS application,
  coalesce(activity.usename, '') AS "user",
  activity.backend_type,
  activity.state
FROM asked
CROSS JOIN LATERAL unnest(pg_blocking_pids(asked.pid)) AS blocking (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = blocking.pid
WHERE activity.pid IS NOT NULL OR blocking.pid = 0
