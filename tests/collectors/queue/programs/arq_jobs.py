"""Jobs of arq, and when run, somebody who enqueues some."""

import asyncio
import os

from arq import create_pool
from arq.connections import RedisSettings


async def nap(_: dict[str, object], seconds: float) -> None:
    await asyncio.sleep(seconds)


class WorkerSettings:
    functions = (nap,)
    redis_settings = RedisSettings.from_dsn(os.environ["BROKER"])
    max_jobs = 2


async def send() -> None:
    pool = await create_pool(WorkerSettings.redis_settings)
    for _ in range(5):
        await pool.enqueue_job("nap", 60)
    await pool.enqueue_job("nap", 60, _defer_by=3600)
    await pool.aclose()


if __name__ == "__main__":
    asyncio.run(send())
