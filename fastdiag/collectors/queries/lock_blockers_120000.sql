-- Who holds up whom: one row for each waiter and each session that blocks it, of the oldest 20 waiters or
-- of the given pids. What pg_blocking_pids costs grows with the queue, so it is asked for no more than that.
-- Before 14 pg_locks has no waitstart: the start of the statement orders the waiters.
-- Blocker 0 is a prepared transaction.
WITH queue AS MATERIALIZED (
  SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted
),
asked AS MATERIALIZED (
  SELECT pid
  FROM queue
  JOIN pg_catalog.pg_stat_activity AS activity USING (pid)
  WHERE CASE
    WHEN %(pids)s::int[] IS NOT NULL THEN pid = ANY (%(pids)s::int[])
    WHEN activity.backend_type IS NULL THEN true
    ELSE activity.backend_type = 'client backend' AND activity.wait_event_type = 'Lock'
  END
  ORDER BY coalesce(activity.query_start, activity.backend_start) NULLS LAST, pid
  LIMIT 20
),
blocking AS MATERIALIZED (
  SELECT DISTINCT asked.pid AS waiter, blocker
  FROM asked
  CROSS JOIN LATERAL unnest(pg_blocking_pids(asked.pid)) AS blockers (blocker)
)
SELECT
  waiter,
  blocker,
  blocker IN (SELECT pid FROM queue) AS blocker_waits,
  coalesce(activity.application_name, '') AS application,
  coalesce(activity.usename, '') AS "user",
  activity.backend_type,
  activity.state
FROM blocking
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = blocker
WHERE activity.pid IS NOT NULL OR blocker = 0
