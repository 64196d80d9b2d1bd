-- Who holds up whom: one row for each waiter and each session that blocks it, of the oldest 20 waiters or
-- of the given pids. What pg_blocking_pids costs grows with the queue, so it is asked for no more than that.
-- Those whose wait has just begun have no waitstart yet and come last.
-- Blocker 0 is a prepared transaction.
WITH queue AS MATERIALIZED (
  SELECT pid, min(waitstart) AS since FROM pg_catalog.pg_locks WHERE NOT granted GROUP BY pid
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
  ORDER BY since NULLS LAST, pid
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
