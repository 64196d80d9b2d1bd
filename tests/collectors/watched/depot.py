"""A service whose every route waits in another way."""

import asyncio
import contextlib
import os
import queue
import socket
import time
from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]
from fastapi import BackgroundTasks, FastAPI, WebSocket
from fastapi.responses import StreamingResponse

HOST = "127.0.0.1"
app = FastAPI(title="Depot")
kept: list[object] = []
empty: queue.Queue[None] = queue.Queue()


@app.get("/fast")
async def fast() -> str:
    return "ok"


@app.get("/hang")
async def hang(seconds: float = 3) -> str:
    await asyncio.sleep(seconds)
    return "ok"


@app.get("/block")
async def block(seconds: float) -> str:
    time.sleep(seconds)  # noqa: ASYNC251 - the fault that is to be found
    return "ok"


@app.get("/pull")
async def pull(port: int, seconds: float | None = None) -> str:
    """Wait for an answer in the loop's own thread, as `requests` does: with a time limit by poll(2)."""
    with socket.create_connection((HOST, port)) as connection, contextlib.suppress(TimeoutError):
        connection.settimeout(seconds)
        connection.recv(1)
    return "ok"


@app.get("/spin")
async def spin(seconds: float) -> str:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        sum(range(1000))
    return "ok"


@app.get("/compute")
def compute(seconds: float) -> str:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        sum(range(1000))
    return "ok"


@app.get("/read")
def read(port: int, seconds: float) -> str:
    """Wait for an answer in a pool thread, as `requests` does."""
    with (
        socket.create_connection((HOST, port), timeout=seconds) as connection,
        contextlib.suppress(TimeoutError),
    ):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.recv(1)
    return "ok"


@app.get("/checkout")
def checkout(seconds: float) -> str:
    """Wait for a pooled connection in a pool thread, as SQLAlchemy does."""
    with contextlib.suppress(queue.Empty):
        empty.get(timeout=seconds)
    return "ok"


@app.get("/call")
async def call(port: int) -> str:
    """Wait for an answer without a limit."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.read(1)
    return "ok"


@app.get("/ship")
async def ship(port: int) -> str:
    """Send log lines that nobody answers, and keep the connection."""
    _, writer = await asyncio.open_connection(HOST, port)
    for number in range(30):
        writer.write(f"line {number}\n".encode())
        await asyncio.sleep(0.005)
    kept.append(writer)
    return "ok"


@app.get("/greet")
async def greet(port: int) -> str:
    """Answer what the peer says first, as a WebSocket client answers a ping, and stay connected."""
    reader, writer = await asyncio.open_connection(HOST, port)
    await reader.read(1)
    writer.write(b"pong")
    kept.append((reader, writer))
    return "ok"


@app.get("/query")
async def query(dsn: str, seconds: float) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_sleep($1)", seconds)
    finally:
        connection.terminate()
    return "ok"


@app.get("/forget")
async def forget(dsn: str, count: int) -> str:
    """Begin transactions that nobody ends, each on a connection that nobody gives back."""
    for _ in range(count):
        connection = await asyncpg.connect(dsn)
        await connection.execute("BEGIN; SELECT 1")
        kept.append(connection)
    return "ok"


@app.get("/events")
async def events() -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        yield "data: hello\n\n"
        await asyncio.sleep(3)

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.get("/big")
async def big() -> StreamingResponse:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield bytes(1 << 20)

    return StreamingResponse(stream())


@app.websocket("/chat")
async def chat(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@app.get("/lookup")
async def lookup(name: str) -> str:
    """Ask a name server that does not answer; the client does not wait for it."""
    kept.append(asyncio.get_running_loop().run_in_executor(None, socket.getaddrinfo, name, 80))
    return "ok"


@app.get("/dial")
async def dial(port: int, count: int) -> str:
    """Open connections and never look at them again, whether they are accepted or closed by the peer."""
    for _ in range(count):
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003 - its only argument
        connection.connect_ex((HOST, port))
        kept.append(connection)
    return "ok"


@app.get("/spawn")
async def spawn(count: int) -> str:
    """Start programs that end at once, and do not wait for them."""
    for _ in range(count):
        pid = os.posix_spawn("/bin/true", ["true"], {})  # noqa: ASYNC221 - it returns at once
        kept.append(pid)
    return "ok"


@app.get("/hoard")
async def hoard(mib: int, files: int) -> str:
    """Keep memory and descriptors, a little more with every second."""

    async def gather() -> None:
        while True:
            kept.append(bytearray(os.urandom(1 << 20) * mib))
            kept.extend(open("/dev/null") for _ in range(files))  # noqa: ASYNC230, PTH123, SIM115 - the leak
            await asyncio.sleep(0.1)

    kept.append(asyncio.create_task(gather()))
    return "ok"


@app.get("/later")
async def later(port: int, count: int, tasks: BackgroundTasks) -> str:
    """Answer at once, and call another service afterwards."""
    for _ in range(count):
        tasks.add_task(call, port)
    kept.extend(asyncio.create_task(call(port)) for _ in range(count - 1))
    return "ok"


@app.get("/join")
async def join(seconds: float) -> str:
    """Wait for a lock in the loop's own thread while no other thread works."""
    with contextlib.suppress(queue.Empty):
        empty.get(timeout=seconds)
    return "ok"
