"""Tasks that only wait, for Celery, RQ and arq; the broker is named by BROKER_URL."""

import asyncio
import os
import socket
import time

from arq.connections import RedisSettings
from celery import Celery

app = Celery("jobs", broker=os.environ.get("BROKER_URL", "memory://"))


@app.task
def nap(seconds: float) -> None:
    time.sleep(seconds)


@app.task
def ask(port: int) -> None:
    """Ask somebody and wait for the answer without a limit."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.recv(1)


def doze(seconds: float) -> None:
    print("dozing", flush=True)  # noqa: T201 - to the worker's log
    time.sleep(seconds)


async def ask_softly(_: dict[str, object], port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.read(1)


class WorkerSettings:
    functions = (ask_softly,)
    redis_settings = RedisSettings.from_dsn(os.environ.get("BROKER_URL", "redis://127.0.0.1"))
    max_jobs = 1
