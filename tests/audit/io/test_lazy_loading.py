from __future__ import annotations

from pathlib import Path

from fastdiag.audit import lazy_loading
from fastdiag.model.audit import Severity
from tests.audit.io.marks import assert_finds_what_is_marked

MODELS = """
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        id: Mapped[int] = mapped_column(primary_key=True)

    class User(Base):
        __tablename__ = "users"
        name: Mapped[str]
        orders: Mapped[list["Order"]] = relationship(back_populates="user")
        address: Mapped["Address"] = relationship(lazy="joined")

    class Order(Base):
        __tablename__ = "orders"
        total: Mapped[int]
        user: Mapped[User] = relationship(back_populates="orders")

    class Address(Base):
        __tablename__ = "addresses"
        street: Mapped[str]
"""
SCHEMAS = """
    from pydantic import BaseModel

    class OrderRead(BaseModel):
        id: int
        total: int

    class AddressRead(BaseModel):
        id: int
        street: str

    class UserRead(BaseModel):
        id: int
        name: str
        orders: list[OrderRead]

    class UserWithAddress(BaseModel):
        id: int
        name: str
        address: AddressRead

    class Page(BaseModel):
        total: int
        users: list[UserRead]
"""
SYNC = {
    "models.py": MODELS,
    "schemas.py": SCHEMAS,
    "main.py": """
        from fastapi import Depends, FastAPI
        from sqlalchemy import func, select
        from sqlalchemy.orm import Session, joinedload, selectinload
        from models import Order, User
        from schemas import OrderRead, Page, UserRead, UserWithAddress

        app = FastAPI()

        def session() -> Session: ...

        @app.get("/users", response_model=list[UserRead])
        def users(db: Session = Depends(session)):
            return db.query(User).all()  # finds lazy-loading

        @app.get("/users-loaded", response_model=list[UserRead])
        def users_loaded(db: Session = Depends(session)):
            return db.query(User).options(selectinload(User.orders)).all()

        @app.get("/users-with-address", response_model=list[UserWithAddress])
        def users_with_address(db: Session = Depends(session)):
            return db.query(User).all()

        @app.get("/orders", response_model=list[OrderRead])
        def orders(db: Session = Depends(session)):
            return db.query(Order).all()

        @app.get("/users/{id}")
        def user(id: int, db: Session = Depends(session)) -> UserRead:
            return find(db, id)

        def find(db: Session, id: int):
            user = db.get(User, id)  # finds lazy-loading
            return user

        @app.get("/page")
        def page(db: Session = Depends(session)) -> Page:
            rows = db.scalars(select(User)).all()  # finds lazy-loading
            return Page(total=db.scalar(select(func.count(User.id))), users=rows)

        @app.get("/by-hand", response_model=UserRead)
        def by_hand(id: int, db: Session = Depends(session)):
            user = db.get(User, id)
            return {"id": user.id, "name": user.name, "orders": []}

        @app.get("/validated")
        def validated(db: Session = Depends(session)):
            return [UserRead.model_validate(one) for one in db.scalars(select(User))]  # finds lazy-loading

        @app.get("/names")
        def names(db: Session = Depends(session)) -> list[UserRead]:
            return db.query(User).count()
    """,
}
ASYNC = {
    "models.py": MODELS,
    "schemas.py": SCHEMAS,
    "main.py": """
        from fastapi import Depends, FastAPI
        from sqlalchemy import select
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import joinedload
        from models import User
        from schemas import UserRead

        app = FastAPI()

        def session() -> AsyncSession: ...

        async def current(db: AsyncSession = Depends(session)) -> User:
            return (await db.scalars(select(User).options(joinedload(User.orders)))).one()

        @app.get("/me", response_model=UserRead)
        async def me(user: User = Depends(current)):
            return user

        @app.get("/first", response_model=UserRead)
        async def first(db: AsyncSession = Depends(session)):
            result = await db.execute(select(User))  # finds lazy-loading
            return result.scalars().first()
    """,
}


def test_relationships_that_a_response_reads_and_no_query_loads_are_found(tmp_path: Path) -> None:
    findings = assert_finds_what_is_marked(tmp_path, lazy_loading.check, SYNC)
    assert {one.severity for one in findings} == {Severity.WARNING}
    assert findings[0].sink == "User.orders"
    assert findings[0].fix == "Load it with the query: .options(selectinload(User.orders))."


def test_an_asynchronous_session_fails_where_a_synchronous_one_only_asks_more(tmp_path: Path) -> None:
    (finding,) = assert_finds_what_is_marked(tmp_path, lazy_loading.check, ASYNC)
    assert finding.severity is Severity.CRITICAL
    assert "MissingGreenlet" in finding.message
