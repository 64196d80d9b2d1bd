"""Loyalty programme: SQLAlchemy's ORM on psycopg 3, `def` routes, a hand-made histogram for Prometheus."""

import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Histogram, make_asgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

LETTERS_PER_SECOND = 4
logger = logging.getLogger(__name__)
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "handler", "status"])

engine = create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
    pool_size=int(os.environ.get("DB_POOL_SIZE", "5")),
    max_overflow=int(os.environ.get("DB_MAX_OVERFLOW", "10")),
)
make_session = sessionmaker(engine)
app = FastAPI(title="Loyalty")
registry = CollectorRegistry()
MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
app.mount("/metrics", make_asgi_app(registry))


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Card(Base):
    __tablename__ = "cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    tier: Mapped[str]
    member: Mapped[Member] = relationship(viewonly=True)


class Purchase(Base):
    __tablename__ = "purchases"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    store: Mapped[str]
    amount: Mapped[Decimal]


class Redemption(Base):
    __tablename__ = "redemptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    points: Mapped[int]
    reward: Mapped[str]


@app.middleware("http")
async def measure(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    status = 500
    try:
        response = await answer(request)
        status = response.status_code
    finally:
        route = request.scope.get("route")
        handler = getattr(route, "path", "other")
        DURATION.labels(request.method, handler, status).observe(time.perf_counter() - started)
    return response


class Newsletter(BaseModel):
    tier: str
    most: int = 400


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session


Database = Annotated[Session, Depends(get_session)]


@app.get("/members")
def list_members(session: Database, limit: int = 10) -> list[dict[str, object]]:
    members = session.scalars(select(Member).order_by(Member.id).limit(limit))
    return [{"id": member.id, "name": member.name} for member in members]


@app.get("/members/{member_id}")
def get_member(member_id: int, session: Database) -> dict[str, object]:
    member = session.get(Member, member_id)
    if member is None:
        raise HTTPException(404)
    return {"id": member.id, "name": member.name}


@app.get("/members/{member_id}/purchases")
def purchases(member_id: int, session: Database) -> list[dict[str, object]]:
    newest = select(Purchase).where(Purchase.member_id == member_id).order_by(Purchase.id.desc()).limit(20)
    return [{"store": purchase.store, "amount": purchase.amount} for purchase in session.scalars(newest)]


@app.get("/redemptions")
def search_redemptions(session: Database, reward: str) -> list[dict[str, object]]:
    found = select(Redemption).where(Redemption.reward.ilike(f"%{reward}%"))
    best = found.order_by(Redemption.points.desc()).limit(20)
    return [{"reward": taken.reward, "points": taken.points} for taken in session.scalars(best)]


@app.get("/tiers/{tier}/members")
def members_of_tier(tier: str, session: Database) -> list[dict[str, object]]:
    cards = session.scalars(select(Card).where(Card.tier == tier).order_by(Card.id))
    return [{"card": card.id, "name": card.member.name} for card in cards]


class Cardholders:
    """Looks up who holds a card."""

    def __init__(self, terminal_id: int) -> None:
        self.terminal_id = terminal_id
        self.session = make_session()

    def name(self, card_id: int) -> str | None:
        card = self.session.get(Card, card_id)
        return None if card is None else card.member.name


@cache
def cardholders_at(terminal_id: int) -> Cardholders:
    """Return the look-up of one terminal, which asks for the same few cards all day."""
    return Cardholders(terminal_id)


@app.get("/terminals/{terminal_id}/cards/{card_id}")
def card_at_terminal(terminal_id: int, card_id: int) -> dict[str, object]:
    name = cardholders_at(terminal_id).name(card_id)
    if name is None:
        raise HTTPException(404)
    return {"card": card_id, "name": name}


@app.post("/newsletters", status_code=202)
def send_newsletter(newsletter: Newsletter, session: Database) -> dict[str, object]:
    """Queue a letter for each member of a tier, no faster than the mail provider accepts them."""
    holders = session.scalars(select(Card).where(Card.tier == newsletter.tier).limit(newsletter.most)).all()
    for card in holders:
        logger.info("letter to %s", card.member.name)
        time.sleep(1 / LETTERS_PER_SECOND)
    return {"letters": len(holders)}


@app.get("/reports/best-customers")
def best_customers(session: Database) -> list[dict[str, object]]:
    rows = session.execute(
        text(
            "SELECT store, member_id, amount FROM ("
            " SELECT store, member_id, amount,"
            " row_number() OVER (PARTITION BY store ORDER BY amount DESC, member_id) AS place"
            " FROM purchases) AS ranked WHERE place <= 3"
        )
    )
    return [dict(row) for row in rows.mappings()]
