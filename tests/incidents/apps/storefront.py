"""Storefront: async psycopg pool; prometheus-fastapi-instrumentator with options that its manual offers.

Prices are streamed to shop windows, searches are answered from memory, customers log in with a token.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from prometheus_fastapi_instrumentator import Instrumentator
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

STREAM_S = 30
TOLD_EVERY_S = 6
FINE_BUCKETS_S = tuple(round(0.005 * 1.2**step, 4) for step in range(40))

found_pages: dict[str, str] = {}
shown_prices: dict[int, float] = {}
logged_in: dict[str, str] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"]
    async with AsyncConnectionPool(
        url, min_size=2, max_size=8, kwargs={"autocommit": True}, open=False
    ) as app.state.pool:
        yield


app = FastAPI(title="Storefront", lifespan=lifespan)
# "Which addresses do people get wrong?" asked marketing: unknown paths are counted one by one.
metrics = Instrumentator(should_group_untemplated=False)
metrics.instrument(app, latency_lowr_buckets=FINE_BUCKETS_S).expose(app)


class Login(BaseModel):
    email: str


class Price(BaseModel):
    price: float


async def rows(request: Request, statement: str, *values: object) -> list[DictRow]:
    pool: AsyncConnectionPool = request.app.state.pool
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), values)
        return await cursor.fetchall()


@app.get("/products")
async def list_products(request: Request) -> list[DictRow]:
    return await rows(request, "SELECT id, name, price FROM products ORDER BY id LIMIT 20")


@app.get("/products/{product_id}")
async def get_product(product_id: int, request: Request) -> DictRow:
    found = await rows(request, "SELECT id, name, price, stock FROM products WHERE id = %s", product_id)
    if not found:
        raise HTTPException(404)
    return found[0]


@app.get("/search", response_class=HTMLResponse)
async def search(request: Request) -> str:
    """Answer from memory what was asked before, word for word."""
    asked = str(request.url)
    if asked not in found_pages:
        words = request.query_params.get("q", "")
        statement = "SELECT id, name, price, stock FROM products WHERE name ILIKE %s ORDER BY name"
        found_pages[asked] = result_page(words, await rows(request, statement, f"%{words}%"))
    return found_pages[asked]


def result_page(words: str, products: list[DictRow]) -> str:
    card = (
        '<article class="card card--result" data-track="search-result" itemscope '
        'itemtype="https://schema.org/Product"><meta itemprop="sku" content="{id}">'
        '<link rel="prefetch" href="/products/{id}"><link itemprop="image" href="/images/{id}/large.webp">'
        '<a href="/products/{id}"><img loading="lazy" src="/images/{id}/small.webp" alt="{name}" width="240" '
        'srcset="/images/{id}/small.webp 240w, /images/{id}/medium.webp 480w, /images/{id}/large.webp 960w">'
        '<h3 class="card__title">{name}</h3></a><p class="card__price">{price}</p>'
        '<p class="card__stock">{stock} in stock, delivered within two working days</p>'
        '<form method="post" action="/baskets"><input type="hidden" name="product" value="{id}">'
        '<label class="card__amount">Pieces <input type="number" name="amount" min="1" value="1"></label>'
        '<button class="button button--primary">Add to basket</button></form><details class="card__more">'
        "<summary>Delivery and returns</summary><p>Parcels leave our warehouse on the same day if the order "
        "reaches us before two in the afternoon. What does not please you comes back free of charge within "
        "thirty days; please use the label that lies in the parcel.</p></details></article>\n"
    )
    return f"<h1>Results for {words}</h1>\n" + "".join(card.format(**product) for product in products)


@app.get("/prices/{product_id}")
async def show_price(product_id: int, request: Request) -> dict[str, object]:
    if product_id not in shown_prices:
        found = await rows(request, "SELECT price FROM products WHERE id = %s", product_id)
        if not found:
            raise HTTPException(404)
        shown_prices[product_id] = float(found[0]["price"])
    return {"id": product_id, "price": shown_prices[product_id]}


@app.put("/prices/{product_id}")
async def set_price(product_id: int, new: Price, request: Request) -> dict[str, object]:
    statement = "UPDATE products SET price = %s WHERE id = %s RETURNING id"
    if not await rows(request, statement, new.price, product_id):
        raise HTTPException(404)
    shown_prices.pop(product_id, None)
    return {"id": product_id, "price": new.price}


@app.get("/streams/prices")
async def stream_prices(request: Request, product: Annotated[int, Query()] = 1) -> StreamingResponse:
    """Tell the price of a product now and then; a shop window asks again after half a minute."""

    async def events() -> AsyncIterator[str]:
        for _ in range(STREAM_S // TOLD_EVERY_S):
            found = await rows(request, "SELECT price FROM products WHERE id = %s", product)
            yield f"data: {found[0]['price'] if found else ''}\n\n"
            await asyncio.sleep(TOLD_EVERY_S)

    return StreamingResponse(events(), media_type="text/event-stream")


@app.post("/login")
async def login(who: Login, request: Request) -> dict[str, str]:
    if not await rows(request, "SELECT id FROM customers WHERE email = %s", who.email):
        raise HTTPException(401)
    token = secrets.token_urlsafe(16)
    logged_in[token] = who.email
    return {"token": token}


@app.get("/account")
async def account(authorization: Annotated[str, Header()]) -> dict[str, str]:
    email = logged_in.get(authorization.removeprefix("Bearer "))
    if email is None:
        raise HTTPException(401)
    return {"email": email}
