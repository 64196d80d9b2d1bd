"""Bookings service: psycopg_pool's asynchronous pool, httpx, instrumented with starlette_exporter."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel
from starlette_exporter import PrometheusMiddleware, handle_metrics

PDF_SERVICE_URL = os.environ.get("PDF_SERVICE_URL", "")
PAYMENT_POLLS = 12
PAYMENT_POLL_S = 0.25
RESALES_PER_SECOND = 2  # as many as the organiser's contract allows

pool = AsyncConnectionPool[AsyncConnection[dict[str, Any]]](
    os.environ["DATABASE_URL"],
    min_size=int(os.environ.get("DB_POOL_MIN", "2")),
    max_size=int(os.environ.get("DB_POOL_MAX", "10")),
    # PgBouncer's transaction mode forgets prepared statements.
    kwargs={"row_factory": dict_row, "prepare_threshold": None, "application_name": "bookings"},
    open=False,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with pool, httpx.AsyncClient(base_url=PDF_SERVICE_URL, timeout=15) as app.state.pdf:
        yield


app = FastAPI(title="Bookings", lifespan=lifespan)
app.add_middleware(PrometheusMiddleware, app_name="bookings", group_paths=True)
app.add_route("/metrics", handle_metrics)


class NewBooking(BaseModel):
    event_id: int
    customer_id: int


class Resale(BaseModel):
    seats: list[int]


@app.get("/events")
async def list_events() -> list[dict[str, object]]:
    """List the next events with the number of free seats."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT events.id, name, starts_at, count(*) FILTER (WHERE booking_id IS NULL) AS free"
            " FROM events JOIN seats ON event_id = events.id GROUP BY events.id ORDER BY starts_at LIMIT 20"
        )
        return await cursor.fetchall()


@app.get("/events/{event_id}/seats")
async def free_seats(event_id: int) -> list[dict[str, object]]:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT id, price FROM seats WHERE event_id = %s AND booking_id IS NULL ORDER BY price",
            [event_id],
        )
        return await cursor.fetchall()


@app.post("/bookings", status_code=201)
async def book(new: NewBooking) -> dict[str, object]:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "INSERT INTO bookings (event_id, customer_id) VALUES (%s, %s) RETURNING id",
            [new.event_id, new.customer_id],
        )
        booking = await cursor.fetchone()
        assert booking is not None
        return {"id": booking["id"], "status": "reserved"}


@app.get("/bookings/{booking_id}")
async def get_booking(booking_id: int) -> dict[str, object]:
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT id, status FROM bookings WHERE id = %s", [booking_id])
        booking = await cursor.fetchone()
    if booking is None:
        raise HTTPException(404)
    return booking


@app.get("/bookings/{booking_id}/payment")
async def wait_for_payment(booking_id: int) -> dict[str, object]:
    """Answer as soon as the booking is paid, or after three seconds with what is known."""
    async with pool.connection() as connection:
        booking = None
        for _ in range(PAYMENT_POLLS):
            cursor = await connection.execute("SELECT status FROM bookings WHERE id = %s", [booking_id])
            booking = await cursor.fetchone()
            if booking is None or booking["status"] == "paid":
                break
            await asyncio.sleep(PAYMENT_POLL_S)
    return {"id": booking_id, "status": booking and booking["status"]}


@app.get("/bookings/{booking_id}/ticket")
async def print_ticket(booking_id: int) -> dict[str, object]:
    """Let the PDF service draw the ticket, and note that it was printed."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT event_id, customer_id FROM bookings WHERE id = %s", [booking_id]
        )
        booking = await cursor.fetchone()
        if booking is None:
            raise HTTPException(404)
        drawn = await app.state.pdf.get("/tickets", params=booking)
        drawn.raise_for_status()
        await connection.execute("UPDATE bookings SET status = 'printed' WHERE id = %s", [booking_id])
    return {"id": booking_id, "bytes": len(drawn.content)}


@app.get("/vouchers/{voucher_id}")
async def check_voucher(voucher_id: int) -> dict[str, object]:
    connection = await pool.getconn()
    cursor = await connection.execute("SELECT id, worth FROM vouchers WHERE id = %s", [voucher_id])
    voucher = await cursor.fetchone()
    if voucher is None:
        raise HTTPException(404)
    await pool.putconn(connection)
    return voucher


@app.post("/resales", status_code=201)
async def resell(resale: Resale) -> dict[str, object]:
    """Put seats back on sale, all or none, no faster than the organiser allows."""
    async with pool.connection() as connection:
        for seat in resale.seats:
            await connection.execute("UPDATE seats SET booking_id = NULL WHERE id = %s", [seat])
            await asyncio.sleep(1 / RESALES_PER_SECOND)
    return {"seats": len(resale.seats)}
