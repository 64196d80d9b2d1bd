from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.pagination import check
from fastdiag.model.audit import Severity
from tests.audit.work.ground import found

APP = """
    from fastapi import Depends, FastAPI
    from pydantic import BaseModel
    from sqlalchemy import func, select
    from sqlalchemy.orm import Session, DeclarativeBase

    app = FastAPI()

    class Base(DeclarativeBase): ...
    class User(Base):
        id: int
        name: str
    class Page(BaseModel):
        users: list

    def session(): ...

    @app.{method}("/users")
    def users(page: int = 0, limit: int = 10, db: Session = Depends(session)):
        {body}
"""


def app(body: str, method: str = "get") -> str:
    """Return an application whose only route reads users."""
    indented = body.replace("\n", "\n        ")
    return APP.replace("{body}", indented).replace("{method}", method)


WHOLE = [
    "return db.query(User).all()",
    "return db.execute(select(User)).scalars().all()",
    "return list(db.scalars(select(User)).all())",
    "rows = db.query(User).all()\nreturn [row.name for row in rows]",
    "rows = db.query(User).all()\nreturn Page(users=rows)",
    'rows = db.query(User).all()\nreturn {"users": rows}',
    "statement = select(User)\nresult = db.execute(statement)\nreturn result.scalars().all()",
    "out = []\nfor row in db.query(User).all():\n    out.append(row.name)\nreturn out",
]
BOUND = [
    "return db.query(User).limit(limit).all()",
    "return db.execute(select(User).offset(page).limit(limit)).scalars().all()",
    "query = select(User)\nquery = query.limit(limit)\nreturn db.execute(query).scalars().all()",
    "rows = db.query(User).all()\nreturn len(rows)",
    "rows = db.query(User).all()\nreturn rows[:limit]",
    "return db.query(User).first()",
    "return db.query(User.name, func.count()).group_by(User.name).all()",
    "db.query(User).all()\nreturn []",
    "return db.query(User).filter(User.id.in_([1, 2])).all()",
    "rows = db.query(User).all()\nreturn all(row.name for row in rows)",
]


@pytest.mark.parametrize("body", WHOLE)
def test_a_route_that_answers_with_a_whole_table_is_told(tmp_path: Path, body: str) -> None:
    (finding,) = found(tmp_path, check, app(body))
    assert finding.kind == "whole-table"
    assert finding.chain[0].text == "GET /users"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("body", BOUND)
def test_a_bound_or_a_summary_is_none(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, check, app(body)) == []


def test_the_rows_that_a_condition_leaves_are_only_a_remark(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, app("return db.query(User).filter(User.name == 'a').all()"))
    assert (finding.kind, finding.severity) == ("filtered", Severity.NOTE)


def test_a_route_that_writes_answers_for_what_it_wrote(tmp_path: Path) -> None:
    assert found(tmp_path, check, app("return db.query(User).all()", method="post")) == []


def test_rows_are_followed_from_a_repository_to_the_routes_that_return_them(tmp_path: Path) -> None:
    files = {
        "store.py": """
            import sqlite3

            class Store:
                def __init__(self, connection: sqlite3.Connection):
                    self.connection = connection

                def every(self):
                    cursor = self.connection.cursor()
                    cursor.execute("SELECT id FROM users ORDER BY id")
                    return [row[0] for row in cursor.fetchall()]

                def page(self, size):
                    cursor = self.connection.cursor()
                    cursor.execute("SELECT id FROM users LIMIT ?", (size,))
                    return [row[0] for row in cursor.fetchall()]

                def total(self):
                    cursor = self.connection.cursor()
                    cursor.execute("SELECT count(*) FROM users")
                    return cursor.fetchall()
        """,
        "main.py": """
            from fastapi import Depends, FastAPI
            from store import Store

            app = FastAPI()

            def store() -> Store: ...

            @app.get("/all")
            def everything(store: Store = Depends(store)):
                return store.every()

            @app.get("/again")
            def again(store: Store = Depends(store)):
                ids = store.every()
                return {"ids": ids}

            @app.get("/page")
            def page(store: Store = Depends(store)):
                return store.page(10)

            @app.get("/total")
            def total(store: Store = Depends(store)):
                return store.total()

            @app.get("/number")
            def number(store: Store = Depends(store)):
                return len(store.every())
        """,
    }
    (finding,) = found(tmp_path, check, files)
    assert str(finding.place) == "store.py:10"
    assert "GET /all and 1 other route answer" in finding.message
    assert [step.text for step in finding.chain] == ["GET /all", "every", "fetches all rows"]


@pytest.mark.parametrize(
    ("fetched", "count"),
    [
        ('await pool.fetch("SELECT * FROM users")', 1),
        ('await pool.fetch("SELECT * FROM users LIMIT $1", 10)', 0),
        ("await pool.fetch(EVERY)", 1),
        ("await pool.fetch(FIRST)", 0),
        ('await pool.fetch("SELECT u.id, count(*) FROM users u GROUP BY u.id")', 1),
        ('await pool.fetch("SELECT country, count(*) FROM users GROUP BY country")', 0),
        ("await users.find({}).to_list(None)", 1),
        ("await users.find({}).to_list(length=100)", 0),
        ("await users.find({}).limit(5).to_list(None)", 0),
        ("await User.all()", 1),
        ("await User.all().limit(5)", 0),
        ("Colour.all()", 0),
    ],
)
def test_asynchronous_drivers_are_known_by_their_ways_to_fetch(
    tmp_path: Path, fetched: str, count: int
) -> None:
    source = """
    from fastapi import FastAPI
    from tortoise.models import Model
    app = FastAPI()

    EVERY = "SELECT * FROM users"
    FIRST: str = "SELECT * FROM users LIMIT 10"

    class User(Model): ...

    class Colour:
        @classmethod
        def all(cls):
            return ["red", "green"]

    @app.get("/users")
    async def all_users():
        return FETCHED
    """
    assert len(found(tmp_path, check, source.replace("FETCHED", fetched))) == count


def test_a_condition_that_is_not_always_there_filters_nothing(tmp_path: Path) -> None:
    body = "q = select(User)\nif db.info:\n    q = q.where(User.id > 3)\nreturn db.scalars(q).all()"
    (finding,) = found(tmp_path, check, app(body))
    assert finding.kind == "whole-table"


def test_a_query_that_begins_with_a_condition_in_each_branch_is_filtered(tmp_path: Path) -> None:
    body = (
        "if db.info:\n    q = select(User).where(User.id > 3)\n"
        "else:\n    q = select(User).where(User.id > 4)\n"
        "return db.scalars(q).all()"
    )
    (finding,) = found(tmp_path, check, app(body))
    assert finding.kind == "filtered"


def test_hostile_nesting_neither_fails_nor_hides_other_routes(tmp_path: Path) -> None:
    deep = "1 if x else " * 900 + "2"
    source = """
    from fastapi import FastAPI
    app = FastAPI()

    @app.get("/deep")
    def deep(x: int):
        return DEEP

    @app.get("/users")
    async def users(pool):
        return await pool.fetch("SELECT * FROM users")
    """
    (finding,) = found(tmp_path, check, source.replace("DEEP", deep))
    assert finding.chain[0].text == "GET /users"
