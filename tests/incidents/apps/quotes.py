"""Quotes service: an asyncpg pool, a rates provider called through httpx, OpenTelemetry instrumentation.

All metrics leave through OpenTelemetry's Prometheus exporter.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import httpx
from fastapi import FastAPI, HTTPException, Request
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app

RATES_URL = os.environ.get("RATES_URL", "")
RATES_TIMEOUT_S = float(os.environ["RATES_TIMEOUT_S"]) if "RATES_TIMEOUT_S" in os.environ else None

metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
HTTPXClientInstrumentor().instrument()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=50)
    async with (
        asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=10) as app.state.pool,
        httpx.AsyncClient(base_url=RATES_URL, timeout=RATES_TIMEOUT_S, limits=limits) as app.state.rates,
    ):
        yield


app = FastAPI(title="Quotes", lifespan=lifespan)
app.mount("/metrics", make_asgi_app())


@app.get("/products")
async def list_products(request: Request) -> list[dict[str, object]]:
    rows = await request.app.state.pool.fetch("SELECT id, name, price FROM products ORDER BY id LIMIT 20")
    return [dict(row) for row in rows]


@app.get("/quotes/{product_id}")
async def quote(product_id: int, request: Request, currency: str = "USD") -> dict[str, object]:
    price = await request.app.state.pool.fetchval("SELECT price FROM products WHERE id = $1", product_id)
    if price is None:
        raise HTTPException(404)
    rate = await request.app.state.rates.get(f"/rates/{currency}")
    rate.raise_for_status()
    return {"product": product_id, "currency": currency, "price": float(price) * rate.json()["rate"]}


FastAPIInstrumentor.instrument_app(app)
