"""A service that uses every kind of pool, calls others, and leaves work behind; one line measures all of it.

PUBLISHED_BY says how: prometheus_client (default) or opentelemetry.
"""

import asyncio
import gc
import logging
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
from fastapi import BackgroundTasks, FastAPI
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from fastdiag.instrument import instrument, request_id

DSN = os.environ["DATABASE_URL"]
DRIVER = DSN.replace("postgresql://", "postgresql+psycopg://")
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("workshop")

# Who comes to a closed gate keeps what it has, a connection or a thread, until it opens.
gate = threading.Event()
PATIENCE_S = 2.0
LONGEST_S = 20.0

early = create_engine(DRIVER, pool_size=1, max_overflow=1, pool_timeout=PATIENCE_S)
pools: dict[str, object] = {}
held: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    pools["late"] = create_async_engine(DSN.replace("postgresql://", "postgresql+asyncpg://"), pool_size=3)
    async with (
        AsyncConnectionPool(
            DSN, min_size=1, max_size=2, name="aside", timeout=PATIENCE_S, open=False
        ) as aside,
        asyncpg.create_pool(DSN, min_size=1, max_size=2) as direct,
    ):
        pools.update(aside=aside, direct=direct)
        with ConnectionPool(DSN, min_size=1, max_size=4, name="threads", open=True) as threads:
            pools["threads"] = threads
            yield


app = FastAPI(lifespan=lifespan)


@app.get("/early")
def early_engine(*, hold: bool = False) -> str:
    with early.connect() as connection:
        connection.execute(text("SELECT 1"))
        if hold:
            gate.wait(LONGEST_S)
    return "done"


@app.get("/late")
async def late_engine() -> str:
    async with pools["late"].connect() as connection:
        await connection.execute(text("SELECT 1"))
    return "done"


@app.get("/aside")
async def aside_pool(*, hold: bool = False) -> str:
    async with pools["aside"].connection() as connection:
        await connection.execute("SELECT 1")
        await gate_opens(hold=hold)
    return "done"


@app.get("/threads")
def threads_pool() -> str:
    with pools["threads"].connection() as connection:
        connection.execute("SELECT 1")
    return "done"


@app.get("/direct")
async def direct_pool(*, hold: bool = False) -> str:
    async with pools["direct"].acquire(timeout=PATIENCE_S) as connection:
        await connection.execute("SELECT 1")
        await gate_opens(hold=hold)
    return "done"


@app.get("/ask")
async def ask(url: str, times: int = 1, patience: float = 2) -> str:
    async with httpx.AsyncClient(timeout=patience) as client:
        for _ in range(times):
            try:
                return str((await client.get(url)).status_code)
            except httpx.HTTPError:
                continue
    return "given up"


@app.get("/ask-twice")
async def ask_twice(url: str) -> str:
    async with httpx.AsyncClient() as client:
        return str([(await client.get(url)).status_code for _ in range(2)])


@app.get("/ask-sync")
def ask_sync(url: str, retries: int = 0) -> str:
    transport = httpx.HTTPTransport(retries=retries)
    with httpx.Client(timeout=0.3, transport=transport) as client:
        try:
            return str(client.get(url).status_code)
        except httpx.HTTPError:
            return "given up"


@app.get("/trickle")
async def trickle(url: str) -> str:
    async with httpx.AsyncClient(timeout=0.2) as client:
        try:
            return (await client.get(url)).text
        except httpx.ReadTimeout:
            return "given up in the middle"


@app.get("/block")
async def block(seconds: float) -> str:
    time.sleep(seconds)  # noqa: ASYNC251 - the fault
    return "done"


@app.get("/thread")
def thread() -> str:
    gate.wait(LONGEST_S)
    return "done"


@app.post("/gate")
async def turn_gate(*, opened: bool) -> None:
    (gate.set if opened else gate.clear)()


async def gate_opens(*, hold: bool) -> None:
    while hold and not gate.is_set():  # noqa: ASYNC110 - threads wait for the same gate
        await asyncio.sleep(0.02)


@app.get("/collect")
async def collect() -> str:
    gc.collect()
    return "done"


async def receipt() -> None:
    log.info("receipt is sent for %s", request_id())


async def webhook() -> None:
    await asyncio.sleep(0.05)
    raise ConnectionError("the subscriber is gone")


def invoice() -> None:
    log.info("invoice is printed")


async def endless() -> None:
    await asyncio.get_running_loop().create_future()


@app.get("/behind")
async def behind(background: BackgroundTasks, *, fails: bool = False) -> str:
    background.add_task(receipt)
    if fails:
        background.add_task(webhook)
    background.add_task(invoice)
    return "done"


@app.get("/aloof")
async def aloof() -> str:
    task = asyncio.create_task(webhook())
    held.add(task)
    task.add_done_callback(held.discard)
    asyncio.create_task(endless())  # noqa: RUF006 - the fault: nobody holds it
    return "done"


async def broken_at_once() -> None:
    raise ConnectionError("nobody will hear of it")


@app.get("/unheard")
async def unheard() -> str:
    asyncio.create_task(broken_at_once())  # noqa: RUF006 - the fault: nobody holds it
    await asyncio.sleep(0.01)
    return "done"


@app.get("/tidy")
async def tidy() -> str:
    task = asyncio.create_task(endless())
    await asyncio.sleep(0.01)
    task.cancel()
    return "done"


@app.get("/together")
async def together() -> str:
    await asyncio.gather(receipt(), receipt())
    async with asyncio.TaskGroup() as group:
        group.create_task(receipt())
    await asyncio.create_task(receipt())
    return "done"


@app.get("/logged")
async def logged() -> str | None:
    log.info("at work")
    log.info("with its own word", extra={"request_id": "mine"})
    return request_id()


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("broken on purpose")


if os.environ.get("PUBLISHED_BY") == "opentelemetry":
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.metrics import set_meter_provider
    from opentelemetry.sdk.metrics import MeterProvider

    set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))

instrument(app, expose="/metrics")
