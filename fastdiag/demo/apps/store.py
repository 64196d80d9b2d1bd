"""The shop's tables, its engine and the data that a new shop starts with."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

POOL_SIZE = int(os.environ.get("DB_POOL_SIZE", "5"))
engine = create_async_engine(
    os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///shop.db"),
    pool_size=POOL_SIZE,
    max_overflow=int(os.environ.get("DB_MAX_OVERFLOW", "10")),
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def _write_ahead(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    total_cents: Mapped[int]
    parcels: Mapped[int]
    status: Mapped[str] = mapped_column(default="placed")


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


async def fill_pool() -> None:
    """Open the pool's connections before the first visitor has to wait for one."""
    async with AsyncExitStack() as held:
        for _ in range(POOL_SIZE):
            await held.enter_async_context(engine.connect())


async def create_shop() -> None:
    """Create the tables; a new shop gets 200 products, 300 private orders and 100 wholesale ones."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        if await session.get(Product, 1):
            return
        session.add_all(Product(id=n, name=f"Article {n}", price_cents=490 + 10 * n) for n in range(1, 201))
        session.add_all(
            Order(id=n, customer=f"Customer {n}", total_cents=2000 + n, parcels=1) for n in range(1, 301)
        )
        session.add_all(
            Order(id=n, customer=f"Retailer {n}", total_cents=90000 + n, parcels=3) for n in range(301, 401)
        )
