"""Help desk: an asyncpg pool, and no metrics at all."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

NEWS_LIMIT_S = 5.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    most = int(os.environ.get("DB_POOL_MAX", "10"))
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=most) as app.state.pool:
        yield


app = FastAPI(title="Help desk", lifespan=lifespan)


class Note(BaseModel):
    body: str


@app.get("/tickets")
async def list_tickets(request: Request) -> list[dict[str, object]]:
    rows = await request.app.state.pool.fetch(
        "SELECT id, subject FROM tickets WHERE status = 'open' ORDER BY id DESC LIMIT 20"
    )
    return [dict(row) for row in rows]


@app.get("/tickets/{ticket_id}")
async def get_ticket(ticket_id: int, request: Request) -> dict[str, object]:
    async with request.app.state.pool.acquire() as connection:
        ticket = await connection.fetchrow("SELECT id, subject, status FROM tickets WHERE id = $1", ticket_id)
        if ticket is None:
            raise HTTPException(404)
        notes = await connection.fetch("SELECT body FROM notes WHERE ticket_id = $1 ORDER BY id", ticket_id)
    return {**ticket, "notes": [note["body"] for note in notes]}


@app.post("/tickets/{ticket_id}/notes", status_code=201)
async def add_note(ticket_id: int, note: Note, request: Request) -> dict[str, object]:
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO notes (ticket_id, body) VALUES ($1, $2)", ticket_id, note.body)
        await connection.execute("SELECT pg_notify($1, 'note')", f"ticket_{ticket_id}")
    return {"id": ticket_id}


@app.post("/tickets/{ticket_id}/close")
async def close_ticket(ticket_id: int, request: Request) -> dict[str, object]:
    connection = await request.app.state.pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    status = await connection.fetchval("SELECT status FROM tickets WHERE id = $1", ticket_id)
    if status != "open":
        raise HTTPException(409, f"the ticket is {status}")
    await connection.execute(
        "UPDATE tickets SET status = 'closed', changed_at = now() WHERE id = $1", ticket_id
    )
    await transaction.commit()
    await request.app.state.pool.release(connection)
    return {"id": ticket_id, "status": "closed"}


@app.get("/tickets/{ticket_id}/news")
async def wait_for_news(ticket_id: int, request: Request) -> dict[str, object]:
    """Answer as soon as somebody has written a note, or after five seconds that nobody has."""
    noted = asyncio.Event()
    channel = f"ticket_{ticket_id}"

    def note(*_: object) -> None:
        noted.set()

    async with request.app.state.pool.acquire() as connection:
        await connection.add_listener(channel, note)
        try:
            await asyncio.wait_for(noted.wait(), NEWS_LIMIT_S)
        except TimeoutError:
            return {"id": ticket_id, "news": False}
        finally:
            await connection.remove_listener(channel, note)
    return {"id": ticket_id, "news": True}
