"""Orders service: SQLAlchemy's asyncio side on asyncpg, instrumented with prometheus-fastapi-instrumentator.

OpenTelemetry's SQLAlchemy instrumentation reports connection usage on the same /metrics page.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel
from sqlalchemy import ForeignKey, NullPool, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PDF_SERVICE_URL = os.environ.get("PDF_SERVICE_URL", "")
CONFIRMATION_LIMIT_S = 3.0
CONFIRMATION_POLL_S = 0.25

metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Decimal]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    customer_id: Mapped[int]
    quantity: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="placed")
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    password_salt: Mapped[bytes]
    password_hash: Mapped[bytes]


class NewOrder(BaseModel):
    product_id: int
    customer_id: int
    quantity: int = 1


class Login(BaseModel):
    email: str
    password: str


def make_engine() -> AsyncEngine:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    if os.environ.get("DB_POOL", "queue") == "none":
        return create_async_engine(url, poolclass=NullPool)
    return create_async_engine(
        url,
        pool_size=int(os.environ.get("DB_POOL_SIZE", "5")),
        max_overflow=int(os.environ.get("DB_MAX_OVERFLOW", "10")),
    )


engine = make_engine()
SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(title="Orders")
Instrumentator().instrument(app).expose(app)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@app.get("/products")
async def list_products(session: Session, page: int = 1) -> list[dict[str, object]]:
    products = await session.scalars(select(Product).order_by(Product.id).offset(20 * (page - 1)).limit(20))
    return [{"id": product.id, "name": product.name, "price": product.price} for product in products]


@app.get("/products/{product_id}")
async def get_product(product_id: int, session: Session) -> dict[str, object]:
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(404)
    return {"id": product.id, "name": product.name, "price": product.price, "stock": product.stock}


@app.post("/orders", status_code=201)
async def place_order(new: NewOrder, session: Session) -> dict[str, object]:
    await session.execute(
        update(Product).where(Product.id == new.product_id).values(stock=Product.stock - new.quantity)
    )
    order = Order(**new.model_dump())
    session.add(order)
    await session.commit()
    return {"id": order.id, "status": "placed"}


@app.get("/customers/{customer_id}/orders")
async def customer_orders(customer_id: int, session: Session) -> list[dict[str, object]]:
    newest = select(Order).where(Order.customer_id == customer_id).order_by(Order.placed_at.desc()).limit(20)
    return [{"id": order.id, "status": order.status} for order in await session.scalars(newest)]


@app.get("/orders/{order_id}/confirmation")
async def wait_for_confirmation(order_id: int, session: Session) -> dict[str, object]:
    """Answer as soon as the warehouse has confirmed the order, or after three seconds with what is known."""
    status = None
    for _ in range(int(CONFIRMATION_LIMIT_S / CONFIRMATION_POLL_S)):
        status = await session.scalar(select(Order.status).where(Order.id == order_id))
        if status == "confirmed":
            break
        await asyncio.sleep(CONFIRMATION_POLL_S)
    return {"id": order_id, "status": status}


@app.get("/orders/{order_id}/invoice")
async def invoice(order_id: int) -> dict[str, object]:
    document = requests.get(f"{PDF_SERVICE_URL}/invoices/{order_id}", timeout=10)  # noqa: ASYNC210 - a fault that people do commit
    document.raise_for_status()
    return {"id": order_id, "bytes": len(document.content)}


@app.post("/login")
async def login(attempt: Login, session: Session) -> dict[str, object]:
    customer = await session.scalar(select(Customer).where(Customer.email == attempt.email))
    salt = customer.password_salt if customer else b"unknown-customer"
    hashed = hashlib.scrypt(attempt.password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26)
    known = customer is not None and secrets.compare_digest(hashed[:16], customer.password_hash)
    return {"token": secrets.token_urlsafe(16) if known else None}


@app.get("/reports/sales")
async def sales_report(session: Session) -> list[dict[str, object]]:
    by_day = func.date_trunc("day", Order.placed_at)
    rows = await session.execute(select(by_day, func.sum(Order.quantity)).group_by(by_day).order_by(by_day))
    return [{"day": day, "sold": sold} for day, sold in rows]


@app.get("/reports/export")
async def export_orders(session: Session) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        async for order in await session.stream_scalars(select(Order).order_by(Order.id)):
            yield f"{order.id},{order.product_id},{order.customer_id},{order.quantity},{order.status}\n"

    return StreamingResponse(lines(), media_type="text/csv")
