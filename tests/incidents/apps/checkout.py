"""Checkout service with ordinary `def` routes: psycopg's own pool, `requests`, confirmations through Celery.

Instrumented with OpenTelemetry's FastAPI instrumentation, in its stable names; nothing watches `requests`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import requests
from checkout_jobs import book_courier, send_confirmation
from fastapi import FastAPI, HTTPException
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ACQUIRER_URL = os.environ.get("CARRIER_URL", "")
CARRIER_URL = os.environ.get("CARRIER_URL", "")
CARRIER_TIMEOUT_S = 0.9
SERVER_ERRORS = range(500, 600)

metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=10, open=False)
# One bad answer of the carrier must not cost a sale, so it is asked again.
carrier = requests.Session()
carrier.mount(
    "http://",
    HTTPAdapter(
        pool_maxsize=50, max_retries=Retry(total=6, backoff_factor=0.1, status_forcelist=SERVER_ERRORS)
    ),
)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    with pool:
        yield


app = FastAPI(title="Checkout", lifespan=lifespan)
app.mount("/metrics", make_asgi_app())


class NewOrder(BaseModel):
    product_id: int
    customer_id: int
    quantity: int = 1


@app.get("/products/{product_id}")
def get_product(product_id: int) -> dict[str, object]:
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT id, name, price FROM products WHERE id = %s", (product_id,)).fetchone()
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.post("/orders", status_code=201)
def place_order(new: NewOrder) -> dict[str, object]:
    with pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO orders (product_id, customer_id, quantity)"
            " VALUES (%(product_id)s, %(customer_id)s, %(quantity)s) RETURNING id",
            new.model_dump(),
        ).fetchone()
    order_id = row[0] if row else None
    send_confirmation.delay(order_id)
    return {"id": order_id, "status": "placed"}


@app.post("/orders/{order_id}/courier", status_code=202)
def order_courier(order_id: int) -> dict[str, object]:
    book_courier.delay(order_id)
    return {"order": order_id, "status": "courier will be booked"}


@app.get("/orders/{order_id}/payment")
def payment(order_id: int) -> dict[str, object]:
    answer = requests.get(f"{ACQUIRER_URL}/payments/{order_id}")  # noqa: S113 - a fault that people do commit
    answer.raise_for_status()
    return {"order": order_id, **answer.json()}


@app.get("/orders/{order_id}/tracking")
def tracking(order_id: int) -> dict[str, object]:
    try:
        answer = carrier.get(f"{CARRIER_URL}/tracking/{order_id}", timeout=CARRIER_TIMEOUT_S)
    except requests.RequestException as failure:
        raise HTTPException(502, "the carrier does not answer") from failure
    return {"order": order_id, **answer.json()}


@app.get("/delivery-options/{product_id}")
def delivery_options(product_id: int) -> dict[str, object]:
    answer = requests.get(f"{CARRIER_URL}/options/{product_id}", timeout=20)
    if not answer.ok:
        raise HTTPException(502, "the carrier refused")
    return {"product": product_id, **answer.json()}


FastAPIInstrumentor.instrument_app(app)
