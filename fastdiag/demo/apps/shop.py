"""A small shop: catalogue, orders, payment, parcel labels and till receipts."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI, HTTPException, Request
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fastdiag.demo.apps.signing_unit import SigningUnit
from fastdiag.demo.apps.store import Order, Product, SessionDep, create_shop, engine, fill_pool, sessions

PAYMENTS_URL = os.environ.get("PAYMENTS_URL", "http://127.0.0.1:8099")
PAYMENTS_TIMEOUT_SECONDS: Final = 30.0
LABEL_SECONDS: Final = 0.25


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await create_shop()
    await fill_pool()
    async with httpx.AsyncClient(base_url=PAYMENTS_URL, timeout=PAYMENTS_TIMEOUT_SECONDS) as payments:
        app.state.payments = payments
        yield
    await engine.dispose()


app = FastAPI(title="shop", lifespan=lifespan)
signing_unit = SigningUnit(serial="0017-A")

meters = MeterProvider(metric_readers=[PrometheusMetricReader()])
SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine, meter_provider=meters)
Instrumentator(
    should_instrument_requests_inprogress=True, inprogress_labels=True, excluded_handlers=["/metrics"]
).instrument(app).expose(app, include_in_schema=False)


class ProductOut(BaseModel):
    id: int
    name: str
    price_cents: int


class OrderOut(BaseModel):
    id: int
    customer: str
    total_cents: int
    status: str


class Receipt(BaseModel):
    till: int
    total_cents: int


async def find_order(session: AsyncSession, order_id: int) -> Order:
    order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(status_code=404, detail="no such order")
    return order


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/products")
async def list_products(session: SessionDep, page: int = 0) -> list[ProductOut]:
    found: Sequence[Product] = (
        await session.scalars(select(Product).order_by(Product.id).offset(20 * page).limit(20))
    ).all()
    return [ProductOut(id=p.id, name=p.name, price_cents=p.price_cents) for p in found]


@app.get("/products/{product_id}")
async def show_product(product_id: int, session: SessionDep) -> ProductOut:
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(status_code=404, detail="no such product")
    return ProductOut(id=product.id, name=product.name, price_cents=product.price_cents)


@app.get("/orders/{order_id}")
async def show_order(order_id: int, session: SessionDep) -> OrderOut:
    order = await find_order(session, order_id)
    return OrderOut(id=order.id, customer=order.customer, total_cents=order.total_cents, status=order.status)


@app.get("/shipping/rates")
async def shipping_rates(grams: int = 500) -> dict[str, int]:
    return {"standard_cents": 390 + grams // 10, "express_cents": 990 + grams // 5}


@app.post("/orders/{order_id}/payment")
async def pay_order(order_id: int, request: Request) -> dict[str, str]:
    async with sessions() as session:
        order = await find_order(session, order_id)
    payments: httpx.AsyncClient = request.app.state.payments
    charge = {"order": order.id, "amount_cents": order.total_cents}
    answer = await payments.post("/v1/charges", json=charge)
    if answer.is_error:
        raise HTTPException(status_code=502, detail="the payment provider refused the charge")
    async with sessions.begin() as session:
        paid = await find_order(session, order_id)
        paid.status = "paid"
    return {"status": "paid", "charge": str(answer.json()["id"])}


@app.post("/orders/{order_id}/labels")
async def print_labels(order_id: int, session: SessionDep) -> dict[str, int]:
    order = await find_order(session, order_id)
    for parcel in range(1, order.parcels + 1):
        await print_label(order, parcel)
    return {"printed": order.parcels}


async def print_label(order: Order, parcel: int) -> str:
    """Send one label to the packing station's own printer, which confirms nothing and takes 0.25 s."""
    label = f"^XA^FO50,50^FD{order.customer} {order.id}/{parcel}^FS^XZ"
    await asyncio.sleep(LABEL_SECONDS)
    return label


@app.post("/receipts")
async def sign_receipt(receipt: Receipt) -> dict[str, str]:
    return {"signature": signing_unit.sign(receipt.model_dump_json().encode())}
