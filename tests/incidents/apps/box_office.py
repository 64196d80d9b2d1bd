"""Box office: asyncpg, seats cached in Redis, prices by a rates provider, tickets rendered by arq workers.

Instrumented with prometheus-fastapi-instrumentator; OpenTelemetry's httpx instrumentation reports the calls
to partners on the same /metrics page.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import httpx
from arq import create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI, HTTPException, Request
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel
from redis.asyncio import Redis

PARTNERS_URL = os.environ.get("RATES_URL", "")
ATTEMPTS = 6
FIRST_WAIT_S = 0.2
SEATS_KEPT_S = 30

metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
HTTPXClientInstrumentor().instrument()


class Sale(BaseModel):
    product_id: int
    customer_id: int
    quantity: int = 1


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.queue = await create_pool(RedisSettings.from_dsn(os.environ["ARQ_REDIS_URL"]))
    async with (
        asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=10) as app.state.pool,
        Redis.from_url(os.environ["CACHE_URL"]) as app.state.cache,
        httpx.AsyncClient(base_url=PARTNERS_URL, timeout=10) as app.state.partners,
    ):
        yield
    await app.state.queue.aclose()


app = FastAPI(title="Box office", lifespan=lifespan)
Instrumentator().instrument(app).expose(app)


@app.get("/events/{event_id}")
async def event(event_id: int, request: Request) -> dict[str, object]:
    row = await request.app.state.pool.fetchrow(
        "SELECT id, name, price FROM products WHERE id = $1", event_id
    )
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.get("/events/{event_id}/seats")
async def seats(event_id: int, request: Request) -> dict[str, object]:
    cache = request.app.state.cache
    await cache.incr(f"views:{event_id}")
    kept = await cache.get(f"seats:{event_id}")
    if kept is None:
        free = await request.app.state.pool.fetchval("SELECT stock FROM products WHERE id = $1", event_id)
        kept = json.dumps({"event": event_id, "free": free})
        await cache.set(f"seats:{event_id}", kept, ex=SEATS_KEPT_S)
    return dict(json.loads(kept))


@app.get("/events/{event_id}/price")
async def price(event_id: int, request: Request, currency: str = "USD") -> dict[str, object]:
    """Ask the provider again when it fails, and then again: a price must be shown."""
    answer = await request.app.state.partners.get(f"/rates/{currency}")
    for attempt in range(ATTEMPTS - 1):
        if answer.is_success:
            break
        await asyncio.sleep(FIRST_WAIT_S * 2**attempt)
        answer = await request.app.state.partners.get(f"/rates/{currency}")
    if not answer.is_success:
        raise HTTPException(502, "no exchange rate")
    return {"event": event_id, "currency": currency, "rate": answer.json()["rate"]}


@app.get("/venues/{venue_id}/weather")
async def weather(venue_id: int, request: Request) -> dict[str, object]:
    answer = await request.app.state.partners.get(f"/weather/{venue_id}")
    if not answer.is_success:
        raise HTTPException(503, "no forecast now")
    return {"venue": venue_id, **answer.json()}


@app.post("/sales", status_code=201)
async def sell(sale: Sale, request: Request) -> dict[str, object]:
    order_id = await request.app.state.pool.fetchval(
        "INSERT INTO orders (product_id, customer_id, quantity) VALUES ($1, $2, $3) RETURNING id",
        sale.product_id,
        sale.customer_id,
        sale.quantity,
    )
    await request.app.state.queue.enqueue_job("render_ticket", order_id)
    return {"id": order_id, "status": "sold"}
