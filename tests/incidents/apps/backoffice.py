"""Back office: psycopg's pool under `def` routes; of metrics only what prometheus_client has by itself."""

import hashlib
import json
import os
import threading
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

import requests
from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from prometheus_client import make_asgi_app
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

CARRIER_URL = os.environ.get("CARRIER_URL", "")
HOURS_OF_FOUR_YEARS = 4 * 365 * 24

# Forty threads of 8 MiB each looked too much beside the container's limit: as little as musl gives.
threading.stack_size(128 * 1024)
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=10, open=False)
carrier_sessions: dict[int, requests.Session] = {}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    pool.open()
    yield
    pool.close()


app = FastAPI(title="Back office", lifespan=lifespan)
app.mount("/metrics", make_asgi_app())


def rows(statement: str, *values: object) -> list[DictRow]:
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), values).fetchall()


@app.get("/products/{product_id}")
def get_product(product_id: int) -> DictRow:
    found = rows("SELECT id, name, price, stock FROM products WHERE id = %s", product_id)
    if not found:
        raise HTTPException(404)
    return found[0]


@app.get("/orders")
def newest_orders() -> list[DictRow]:
    return rows("SELECT id, product_id, quantity, status FROM orders ORDER BY id DESC LIMIT 50")


@app.get("/reports/stock-history", response_class=PlainTextResponse)
def stock_history(days: int = 730) -> str:
    """Return a line for each product and day."""
    history = rows(
        "SELECT p.id, p.name, day::date AS day, p.price, p.stock FROM products AS p"
        " CROSS JOIN generate_series(now() - make_interval(days => %s), now(), '1 day') AS day",
        days,
    )
    return "\n".join(",".join(str(value) for value in row.values()) for row in history)


@cache
def demand_model() -> Sequence[float]:
    """Build the expected demand of each product for each hour of four years, once, when first asked."""
    return array("d", [1.0]) * (500 * HOURS_OF_FOUR_YEARS)


@app.get("/forecasts/{product_id}")
def forecast(product_id: int, hour: int = 0) -> dict[str, object]:
    return {"id": product_id, "demand": demand_model()[product_id * hour]}


@app.get("/parcels/{parcel_id}/position")
def parcel_position(parcel_id: int) -> dict[str, object]:
    """Ask the carrier over the session of this parcel, which carries its token and keeps its connection."""
    session = carrier_sessions.setdefault(parcel_id, requests.Session())
    session.headers["X-Parcel"] = str(parcel_id)
    answer = session.get(f"{CARRIER_URL}/tracking/{parcel_id}", timeout=10)
    answer.raise_for_status()
    return {"parcel": parcel_id, **answer.json()}


@app.post("/documents", status_code=201)
def receive_document(document: dict[str, object]) -> dict[str, object]:
    """Take a supplier's bill of materials: parts that consist of parts."""
    canonical = json.dumps(document, sort_keys=True)
    return {"sha256": hashlib.sha256(canonical.encode()).hexdigest(), "levels": levels(document)}


def levels(part: object) -> int:
    return 1 + max(map(levels, part.values()), default=0) if isinstance(part, dict) else 0
