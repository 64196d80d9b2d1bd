"""Shop service with ordinary `def` routes: SQLAlchemy on psycopg 3, instrumented with starlette_exporter."""

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated
from xml.etree import ElementTree as ET

import requests
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
from starlette_exporter import PrometheusMiddleware, handle_metrics

CARRIER_URL = os.environ.get("CARRIER_URL", "")
DELIVERY_POLLS = 5
EXCHANGE_RATES = {"EUR": Decimal(1), "USD": Decimal("1.08"), "GBP": Decimal("0.85"), "PLN": Decimal("4.31")}

engine = create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
    pool_size=int(os.environ.get("DB_POOL_SIZE", "5")),
    max_overflow=int(os.environ.get("DB_MAX_OVERFLOW", "10")),
)
make_session = sessionmaker(engine)
app = FastAPI(title="Shop")
app.add_middleware(PrometheusMiddleware, app_name="shop", group_paths=True)
app.add_route("/metrics", handle_metrics)


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session


Database = Annotated[Session, Depends(get_session)]


class Purchase(BaseModel):
    product_id: int
    customer_id: int
    quantity: int = 1


@app.get("/currencies")
def list_currencies() -> dict[str, object]:
    return dict(EXCHANGE_RATES)


@app.get("/products")
def list_products(session: Database) -> list[dict[str, object]]:
    rows = session.execute(text("SELECT id, name, price FROM products ORDER BY id LIMIT 20"))
    return [dict(row) for row in rows.mappings()]


@app.get("/products/{product_id}")
def get_product(product_id: int, session: Database) -> dict[str, object]:
    statement = text("SELECT id, name, price, stock FROM products WHERE id = :id")
    row = session.execute(statement, {"id": product_id}).mappings().one_or_none()
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.post("/purchases", status_code=201)
def purchase(new: Purchase, session: Database) -> dict[str, object]:
    values = new.model_dump()
    session.execute(text("UPDATE products SET stock = stock - :quantity WHERE id = :product_id"), values)
    order_id = session.scalar(
        text(
            "INSERT INTO orders (product_id, customer_id, quantity)"
            " VALUES (:product_id, :customer_id, :quantity) RETURNING id"
        ),
        values,
    )
    session.commit()
    return {"id": order_id, "status": "placed"}


@app.get("/purchases/{order_id}/delivery")
def wait_for_delivery(order_id: int) -> dict[str, object]:
    """Answer as soon as the order is delivered, or after five seconds with what is known."""
    status = None
    for _ in range(DELIVERY_POLLS):
        with make_session() as session:
            status = session.scalar(text("SELECT status FROM orders WHERE id = :id"), {"id": order_id})
        if status == "delivered":
            break
        time.sleep(1)
    return {"id": order_id, "status": status}


@app.get("/purchases/{order_id}/payment")
def wait_for_payment(order_id: int, session: Database) -> dict[str, object]:
    """Answer as soon as the order is paid, or after three seconds with what is known."""
    status = None
    for _ in range(3):
        status = session.scalar(text("SELECT status FROM orders WHERE id = :id"), {"id": order_id})
        if status == "paid":
            break
        time.sleep(1)
    return {"id": order_id, "status": status}


@app.get("/feeds/products.xml")
def product_feed(session: Database) -> Response:
    feed = ET.Element("products")
    for product in session.execute(text("SELECT id, name, price, stock FROM products ORDER BY id")):
        item = ET.SubElement(feed, "product", id=str(product.id), stock=str(product.stock))
        ET.SubElement(item, "name").text = product.name
        for currency, rate in EXCHANGE_RATES.items():
            price = (product.price * rate).quantize(Decimal("0.01"))
            ET.SubElement(item, "price", currency=currency).text = f"{price:,}"
    return Response(ET.tostring(feed), media_type="application/xml")


@app.get("/shipping/{order_id}")
def shipping(order_id: int) -> dict[str, object]:
    tracking = requests.get(f"{CARRIER_URL}/tracking/{order_id}", timeout=20)
    tracking.raise_for_status()
    return {"order": order_id, **tracking.json()}


@app.get("/reports/stock")
def stock_report(session: Database) -> dict[str, object]:
    total, low = session.execute(
        text("SELECT sum(stock), count(*) FILTER (WHERE stock < 10) FROM products")
    ).one()
    return {"total": total, "low": low}
