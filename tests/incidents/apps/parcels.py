"""Parcels service: psycopg's pool, a courier called through httpx; traced, timed, each request with an id.

Spans leave through OTLP, metrics through OpenTelemetry's Prometheus exporter; ids are asgi-correlation-id's.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI, HTTPException, Request
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import make_asgi_app
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

CARRIER_URL = os.environ.get("CARRIER_URL", "")
CARRIER_TIMEOUT_S = 10.0

log = logging.getLogger("parcels")
tracing = TracerProvider(resource=Resource.create({"service.name": "parcels"}))
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracing)
metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
HTTPXClientInstrumentor().instrument()


class NewParcel(BaseModel):
    product_id: int
    customer_id: int
    quantity: int = 1


def log_with_ids() -> None:
    handler = logging.StreamHandler()
    handler.addFilter(CorrelationIdFilter())
    handler.setFormatter(logging.Formatter("%(levelname)s [%(correlation_id)s] %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


async def pass_id_on(request: httpx.Request) -> None:
    request.headers["X-Request-ID"] = correlation_id.get() or ""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    log_with_ids()
    settings = {"row_factory": dict_row}
    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=2,
        max_size=int(os.environ.get("DB_POOL_SIZE", "10")),
        kwargs=settings,
        open=False,
    )
    hooks = {"request": [pass_id_on]}
    async with (
        pool as app.state.pool,
        httpx.AsyncClient(
            base_url=CARRIER_URL, timeout=CARRIER_TIMEOUT_S, event_hooks=hooks
        ) as app.state.carrier,
    ):
        yield


app = FastAPI(title="Parcels", lifespan=lifespan)
app.add_middleware(CorrelationIdMiddleware)
app.mount("/metrics", make_asgi_app())


@app.get("/products")
async def list_products(request: Request) -> list[DictRow]:
    async with request.app.state.pool.connection() as connection:
        found = await connection.execute("SELECT id, name, price FROM products ORDER BY id LIMIT 20")
        return list(await found.fetchall())


@app.get("/parcels/{order_id}")
async def track(order_id: int, request: Request) -> dict[str, object]:
    async with request.app.state.pool.connection() as connection:
        found = await connection.execute("SELECT id, status FROM orders WHERE id = %s", (order_id,))
        order = await found.fetchone()
    if order is None:
        raise HTTPException(404)
    tracking = await request.app.state.carrier.get(f"/tracking/{order_id}")
    tracking.raise_for_status()
    return {**order, **tracking.json()}


@app.post("/parcels", status_code=201)
async def send(new: NewParcel, request: Request) -> dict[str, object]:
    async with request.app.state.pool.connection() as connection:
        await connection.execute(
            "UPDATE products SET stock = stock - %s WHERE id = %s", (new.quantity, new.product_id)
        )
        found = await connection.execute(
            "INSERT INTO orders (product_id, customer_id, quantity) VALUES (%s, %s, %s) RETURNING id",
            (new.product_id, new.customer_id, new.quantity),
        )
        order = await found.fetchone()
    log.info("parcel of order %s is on its way", order["id"])
    return {"id": order["id"], "status": "placed"}


FastAPIInstrumentor.instrument_app(app, excluded_urls="metrics")
