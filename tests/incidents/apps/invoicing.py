"""Invoicing service: `async def` routes on an asyncpg pool and prometheus-fastapi-instrumentator.

What it had before it became asynchronous (reports, numbering, webhooks) came along as it was.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psycopg
import requests
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel

PARTNER_URL = os.environ.get("CARRIER_URL", "")
NUMBERS = Path(os.environ.get("NUMBERS_FILE", "invoice-numbers"))
RATES_EVERY_S = float(os.environ.get("RATES_EVERY_S", "0"))
SUBSCRIBERS = 8
CURRENCIES = ("EUR", "USD", "GBP", "PLN", "CZK", "SEK", "CHF", "JPY")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10) as app.state.pool:
        keeping = asyncio.create_task(keep_prices(app)) if RATES_EVERY_S else None
        yield
        if keeping:
            keeping.cancel()


app = FastAPI(title="Invoicing", lifespan=lifespan)
Instrumentator().instrument(app).expose(app)
app.state.imports = set()
app.state.prices = {}


class Invoice(BaseModel):
    id: int
    product_id: int
    customer_id: int
    quantity: int
    status: str
    placed_at: datetime
    net: Decimal
    gross: Decimal


class NewInvoice(BaseModel):
    order_id: int


class PriceList(BaseModel):
    rows: int = 80_000


@app.get("/products")
async def list_products(request: Request) -> list[dict[str, object]]:
    rows = await request.app.state.pool.fetch("SELECT id, name, price FROM products ORDER BY id LIMIT 20")
    return [dict(row) for row in rows]


@app.get("/invoices/{order_id}")
async def get_invoice(order_id: int, request: Request) -> dict[str, object]:
    row = await request.app.state.pool.fetchrow("SELECT * FROM orders WHERE id = $1", order_id)
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.get("/terms")
def terms() -> dict[str, object]:
    return {"payable_within_days": 14}


@app.get("/invoices")
async def all_invoices(request: Request) -> list[Invoice]:
    """Return every invoice; there were three hundred of them when this was written."""
    rows = await request.app.state.pool.fetch(
        "SELECT o.*, p.price * o.quantity AS net, p.price * o.quantity * 1.19 AS gross"
        " FROM orders o JOIN products p ON p.id = o.product_id"
    )
    return [Invoice(**row) for row in rows]


@app.post("/invoices", status_code=201)
async def number_invoice(new: NewInvoice) -> dict[str, object]:
    """Give an invoice its number: the tax office wants them without gaps, so they come from one file."""
    with NUMBERS.open("a+") as file:  # noqa: ASYNC230 - a fault that people do commit
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or 0) + 1
        file.truncate(0)
        file.write(str(number))
    return {"order": new.order_id, "number": number}


@app.get("/products/{product_id}/bought-with")
async def bought_with(product_id: int) -> list[dict[str, object]]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        rows = session.execute(
            "SELECT other, times FROM (SELECT mine.product_id AS mine, other.product_id AS other,"
            " count(*) AS times, rank() OVER (PARTITION BY other.product_id ORDER BY count(*) DESC)"
            " FROM orders mine JOIN orders other USING (customer_id) WHERE mine.id <> other.id GROUP BY 1, 2"
            ") AS pairs WHERE mine = %s ORDER BY rank, times DESC LIMIT 5",
            (product_id,),
        ).fetchall()
    return [{"product": other, "times": times} for other, times in rows]


@app.get("/invoices/{order_id}/events")
async def invoice_events(order_id: int, request: Request) -> StreamingResponse:
    """Send the state of an invoice every second, as long as the page stays open."""

    async def events() -> AsyncIterator[str]:
        while True:
            status = await request.app.state.pool.fetchval(
                "SELECT status FROM orders WHERE id = $1", order_id
            )
            yield f"data: {status}\n\n"
            await asyncio.sleep(1)

    return StreamingResponse(events(), media_type="text/event-stream")


@app.get("/invoices/{order_id}/payment")
async def wait_for_payment(order_id: int, request: Request) -> dict[str, object]:
    """Answer as soon as the invoice is paid, or after four seconds with what is known."""
    status = None
    for _ in range(8):
        status = await request.app.state.pool.fetchval("SELECT status FROM orders WHERE id = $1", order_id)
        if status == "paid":
            break
        await asyncio.sleep(0.5)
    return {"id": order_id, "status": status}


@app.post("/invoices/{order_id}/sent", status_code=202)
async def invoice_sent(order_id: int, later: BackgroundTasks) -> dict[str, object]:
    later.add_task(tell_subscribers, order_id)
    return {"id": order_id, "status": "sent"}


def tell_subscribers(order_id: int) -> None:
    for subscriber in range(SUBSCRIBERS):
        requests.post(f"{PARTNER_URL}/hooks/{subscriber}", json={"sent": order_id}, timeout=10)


@app.post("/price-lists", status_code=202)
async def import_prices(prices: PriceList, request: Request) -> dict[str, object]:
    task = asyncio.create_task(convert_prices(prices.rows))
    request.app.state.imports.add(task)
    task.add_done_callback(request.app.state.imports.discard)
    return {"accepted": prices.rows}


async def convert_prices(rows: int) -> dict[str, Decimal]:
    """Convert each price to every currency and add up."""
    totals = dict.fromkeys(CURRENCIES, Decimal(0))
    for row in range(rows):
        for position, currency in enumerate(CURRENCIES, start=1):
            rate = Decimal(position) / 7
            totals[currency] += (Decimal(row) * rate).quantize(Decimal("0.01"))
        if row % 1000 == 0:
            await asyncio.sleep(0)  # let requests through
    return totals


async def keep_prices(app: FastAPI) -> None:
    """Keep this worker's price index up to date."""
    while True:
        app.state.prices = await convert_prices(25_000)
        await asyncio.sleep(RATES_EVERY_S)
