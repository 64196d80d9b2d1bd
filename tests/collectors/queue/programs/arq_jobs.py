"""Jobs of arq, and when run, somebody who enqueues some: `arq_jobs.py backlog|failures`."""

import asyncio
import os
import sys

from arq import create_pool
from arq.connections import RedisSettings


async def nap(_: dict[str, object], seconds: float) -> None:
    await asyncio.sleep(seconds)


async def fail(_: dict[str, object]) -> None:
    await asyncio.sleep(0.1)
    raise ValueError("on purpose")


class WorkerSettings:
    functions = (nap, fail)
    redis_settings = RedisSettings.from_dsn(os.environ["BROKER"])
    max_jobs = 2


class Hasty:
    """Checks its health every second."""

    functions = (fail,)
    redis_settings = WorkerSettings.redis_settings
    queue_read_limit = 5  # fewer than it has room for: with all its room taken it would check nothing
    health_check_interval = 1


async def send(what: str) -> None:
    pool = await create_pool(WorkerSettings.redis_settings)
    if what == "failures":
        for _ in range(200):
            await pool.enqueue_job("fail")
    else:
        for _ in range(5):
            await pool.enqueue_job("nap", 60)
        await pool.enqueue_job("nap", 60, _defer_by=3600)
    await pool.aclose()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1]))
