"""A shop as people write one: it works, until there is traffic."""

import asyncio
import logging
import os
import time

from fastapi import FastAPI
from prometheus_fastapi_instrumentator import Instrumentator
from sqlalchemy import create_engine, text

log = logging.getLogger("shop")
engine = create_engine(os.environ["SHOP_DSN"])
app = FastAPI(title="Shop")
Instrumentator().instrument(app).expose(app)
carts: dict[str, int] = {}


def price_of(article: str) -> float:
    time.sleep(0.2)
    return float(len(article))


async def send_receipt(user: str) -> None:
    await asyncio.sleep(1)
    log.info("receipt for %s", user)


@app.get("/price/{article}")
async def price(article: str) -> float:
    return price_of(article)


@app.get("/stock")
def stock() -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


@app.post("/pay/{user}")
async def pay(user: str) -> str:
    carts[user] = carts.get(user, 0) + 1
    asyncio.create_task(send_receipt(user))  # noqa: RUF006 - the fault that is to be found
    return "paid"
