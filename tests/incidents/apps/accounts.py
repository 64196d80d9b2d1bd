"""Customer accounts: `def` routes on a psycopg_pool, measured by what FastAPI itself tells OpenTelemetry.

Beside it stand the collectors of prometheus_client: the process and its garbage collector.
"""

import gc
import hmac
import math
import os
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import md5
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

WRONG_PASSWORD_DELAY_S = 3.0
FORECAST_DAYS = int(os.environ.get("FORECAST_DAYS", "0"))
PRODUCTS = 500

Row = dict[str, Any]

metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
pool = ConnectionPool(
    os.environ["DATABASE_URL"],
    connection_class=psycopg.Connection[Row],
    min_size=2,
    max_size=int(os.environ.get("DB_POOL_SIZE", "10")),
    kwargs={"row_factory": dict_row},
    open=True,
)
app = FastAPI(title="Accounts")
app.mount("/metrics", make_asgi_app())


def connection() -> Iterator[psycopg.Connection[Row]]:
    with pool.connection() as borrowed:
        yield borrowed


Database = Annotated[psycopg.Connection[Row], Depends(connection)]


class Login(BaseModel):
    email: str
    password: str


# What each product is expected to sell: pairs of hour and units.
forecasts = [[[hour, 1 + product % 7] for hour in range(24 * FORECAST_DAYS)] for product in range(PRODUCTS)]


@app.get("/terms")
def terms() -> Row:
    return {"version": 7, "valid_from": "2026-01-01"}


@app.get("/customers/{customer_id}")
def get_customer(customer_id: int, database: Database) -> Row:
    customer = database.execute("SELECT id, email FROM customers WHERE id = %s", (customer_id,)).fetchone()
    if customer is None:
        raise HTTPException(404)
    return customer


@app.get("/customers/{customer_id}/orders")
def recent_orders(customer_id: int, database: Database) -> list[Row]:
    newest = "SELECT id, status FROM orders WHERE customer_id = %s ORDER BY placed_at DESC LIMIT 20"
    return database.execute(newest, (customer_id,)).fetchall()


@app.post("/login")
def login(attempt: Login) -> Row:
    with pool.connection() as database:
        customer = database.execute(
            "SELECT password_salt, password_hash FROM customers WHERE email = %s", (attempt.email,)
        ).fetchone()
    salt = bytes(customer["password_salt"]) if customer else b""
    hashed = md5(salt + attempt.password.encode()).digest()  # noqa: S324 - accounts from before 2010
    if customer is None or not hmac.compare_digest(hashed, bytes(customer["password_hash"])):
        time.sleep(WRONG_PASSWORD_DELAY_S)  # slows down whoever tries passwords
        raise HTTPException(401)
    return {"token": "signed"}


@app.get("/customers/{customer_id}/similar")
def similar_customers(customer_id: int) -> list[int]:
    """Return who buys what a customer buys, and what those buy who are like the customer."""
    with pool.connection() as database:
        rows = database.execute("SELECT customer_id, product_id, quantity FROM orders LIMIT 20000").fetchall()
    baskets: dict[int, Counter[int]] = {}
    for row in rows:
        baskets.setdefault(row["customer_id"], Counter())[row["product_id"]] += row["quantity"]
    found = _nearest(baskets, customer_id)
    for other in tuple(found):
        found += _nearest(baskets, other)
    return [customer for customer, _ in Counter(found).most_common(10)]


def _nearest(baskets: dict[int, Counter[int]], customer_id: int, count: int = 40) -> list[int]:
    mine = baskets.get(customer_id, Counter())
    likeness = {other: _cosine(mine, theirs) for other, theirs in baskets.items()}
    return sorted(likeness, key=lambda other: -likeness[other])[:count]


def _cosine(one: Counter[int], other: Counter[int]) -> float:
    common = sum(count * other[product] for product, count in one.items() if product in other)
    return common / (math.hypot(*one.values()) * math.hypot(*other.values()) or 1.0)


@app.get("/reports/demand")
def demand_report() -> list[int]:
    """Return the expected sales of each hour of the day."""
    by_hour = [0] * 24
    for product in forecasts:
        for hour, units in product[-24:]:
            by_hour[hour % 24] += units
    gc.collect()  # reports used to leave much memory behind
    return by_hour
