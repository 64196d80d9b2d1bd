"""What the box office leaves to arq: `arq box_office_jobs.WorkerSettings`."""

import os
from typing import Any

import httpx
from arq.connections import RedisSettings

PDF_SERVICE_URL = os.environ.get("PDF_SERVICE_URL", "")


async def open_client(context: dict[str, Any]) -> None:
    context["pdf"] = httpx.AsyncClient(base_url=PDF_SERVICE_URL, timeout=10)


async def close_client(context: dict[str, Any]) -> None:
    await context["pdf"].aclose()


async def render_ticket(context: dict[str, Any], order_id: int) -> int:
    document = await context["pdf"].get(f"/tickets/{order_id}")
    document.raise_for_status()
    return len(document.content)


class WorkerSettings:
    functions = (render_ticket,)
    on_startup = open_client
    on_shutdown = close_client
    redis_settings = RedisSettings.from_dsn(os.environ["ARQ_REDIS_URL"])
    max_jobs = 2
    keep_result = 0
