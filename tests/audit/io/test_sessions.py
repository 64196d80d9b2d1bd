from __future__ import annotations

from pathlib import Path

from fastdiag.audit import closing, returned_sessions, sessions
from fastdiag.model.audit import Severity
from tests.audit.io.marks import assert_finds_what_is_marked

OPENED = """
    from contextlib import closing
    from fastapi import Depends, FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker

    engine = create_engine("postgresql://db/shop")
    SessionLocal = sessionmaker(bind=engine)
    app = FastAPI()

    def forgotten():
        db = SessionLocal()  # finds session-not-closed
        yield db

    def closed_when_all_goes_well():
        db = SessionLocal()  # finds session-not-closed
        yield db
        db.close()

    def closed_on_error_only():
        db = SessionLocal()  # finds session-not-closed
        try:
            yield db
        except Exception:
            db.close()
            raise

    def with_finally():
        db = SessionLocal()
        try:
            yield db
        finally:
            db.close()

    def with_with():
        with SessionLocal() as db:
            yield db

    def entered_later():
        db = Session(engine)
        with db:
            yield db

    def closed_by_contextlib():
        db = SessionLocal()
        with closing(db):
            yield db

    def closed_on_both_ways():
        db = SessionLocal()
        try:
            yield db
        except Exception:
            db.rollback()
            db.close()
            raise
        else:
            db.close()

    def factory():
        db = SessionLocal()
        return db

    def query_without_end():
        db = SessionLocal()  # finds session-not-closed
        return db.execute("select 1").all()

    class Unit:
        def __enter__(self):
            self.db = SessionLocal()
            return self.db

    @app.get("/")
    def index(a=Depends(forgotten), b=Depends(closed_when_all_goes_well), c=Depends(closed_on_error_only),
              d=Depends(with_finally), e=Depends(with_with), f=Depends(entered_later)):
        return query_without_end()
"""
HELD = """
    import asyncio
    import httpx
    from fastapi import Depends, FastAPI
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    make = async_sessionmaker()
    app = FastAPI()
    http = httpx.AsyncClient(timeout=5)

    async def session():
        async with make() as db:
            yield db

    async def stock_of(order_id):
        answer = await http.get(f"http://stock/{order_id}")
        return answer.json()

    async def load(db, order_id):
        return await db.scalar(select(1))

    async def load_and_commit(db: AsyncSession):
        await db.execute(select(1))
        await db.commit()

    @app.get("/asked-first")
    async def asked_first(db: AsyncSession = Depends(session)):
        answer = await http.get("http://stock")
        await db.execute(select(1))
        return answer.json()

    @app.get("/held")
    async def held(db: AsyncSession = Depends(session)):
        await db.execute(select(1))
        answer = await http.get("http://stock")  # finds session-held
        return answer.json()

    @app.get("/committed")
    async def committed(db: AsyncSession = Depends(session)):
        await db.execute(select(1))
        await db.commit()
        await http.get("http://stock")

    @app.get("/held-through-helpers")
    async def held_through_helpers(db: AsyncSession = Depends(session)):
        await load_here(db)
        return await stock_of(1)  # finds session-held

    async def load_here(db: AsyncSession):
        return (await db.execute(select(1))).scalars().all()

    @app.get("/committed-by-a-helper")
    async def committed_by_a_helper(db: AsyncSession = Depends(session)):
        await load_and_commit(db)
        return await stock_of(1)

    @app.get("/block-ended")
    async def block_ended():
        async with make() as db:
            await db.execute(select(1))
        await asyncio.sleep(1)

    @app.get("/in-the-block")
    async def in_the_block():
        async with make() as db:
            await db.execute(select(1))
            await asyncio.sleep(1)  # finds session-held
            await asyncio.sleep(0)

    @app.get("/other-branch")
    async def other_branch(cached: bool, db: AsyncSession = Depends(session)):
        if cached:
            await db.execute(select(1))
        else:
            await stock_of(1)

    @app.get("/rolled-back-on-error")
    async def rolled_back_on_error(db: AsyncSession = Depends(session)):
        try:
            await db.execute(select(1))
        except ValueError:
            await db.rollback()
            raise
        await stock_of(1)  # finds session-held

    async def current_user(db: AsyncSession = Depends(session)):
        return await db.scalar(select(1))

    async def current_tenant(db: AsyncSession = Depends(session)):
        tenant = await db.scalar(select(1))
        await db.commit()
        return tenant

    @app.get("/dependency")
    async def after_a_dependency(user=Depends(current_user)):
        await stock_of(user)  # finds session-held

    @app.get("/dependency-committed")
    async def after_a_dependency_that_commits(tenant=Depends(current_tenant)):
        await stock_of(tenant)

    async def names():
        async with make() as own:
            return await load(own, 1)

    @app.get("/helper-with-its-own")
    async def helper_with_its_own():
        await names()
        await stock_of(1)

    @app.get("/beside")
    async def beside(db: AsyncSession = Depends(session)):
        await db.execute(select(1))
        asyncio.create_task(stock_of(1))
"""
DRIVER = """
    import asyncpg
    import httpx
    from fastapi import FastAPI, Request

    app = FastAPI()
    pool: asyncpg.Pool = None

    @app.get("/held")
    async def held():
        async with pool.acquire() as connection:
            async with httpx.AsyncClient() as client:
                await client.get("http://stock")  # finds session-held

    @app.get("/before")
    async def before():
        async with httpx.AsyncClient() as client:
            await client.get("http://stock")
        async with pool.acquire() as connection:
            await connection.fetch("select 1")
"""
STREAMED = """
    from fastapi import Depends, FastAPI
    from fastapi.responses import StreamingResponse
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session, sessionmaker

    SessionLocal = sessionmaker(bind=create_engine("postgresql://db/shop"))
    app = FastAPI()

    def session():
        with SessionLocal() as db:
            yield db

    @app.get("/export")
    def export(db: Session = Depends(session)):
        def lines():
            for row in db.execute(select(1)):
                yield str(row)  # finds session-held
        return StreamingResponse(lines())

    @app.get("/own")
    def own():
        def lines():
            with SessionLocal() as db:
                rows = db.execute(select(1)).all()
            for row in rows:
                yield str(row)
        return StreamingResponse(lines())
"""


def test_what_is_opened_without_being_closed_on_every_way_is_found(tmp_path: Path) -> None:
    findings = assert_finds_what_is_marked(tmp_path, closing.check, OPENED)
    assert findings[0].severity is Severity.CRITICAL


def test_a_session_is_held_from_its_first_statement_to_the_commit(tmp_path: Path) -> None:
    findings = assert_finds_what_is_marked(tmp_path, sessions.check, HELD)
    assert [step.text for step in findings[1].chain][-2:] == ["stock_of", "httpx.AsyncClient.get"]


def test_a_drivers_connection_is_held_from_its_acquisition(tmp_path: Path) -> None:
    assert_finds_what_is_marked(tmp_path, sessions.check, DRIVER)


def test_a_stream_holds_a_connection_as_long_as_the_client_reads(tmp_path: Path) -> None:
    (finding,) = assert_finds_what_is_marked(tmp_path, sessions.check, STREAMED)
    assert finding.kind == "stream"


def test_a_dependency_that_returns_a_session_leaves_it_open_unless_the_route_closes_it(
    tmp_path: Path,
) -> None:
    source = """
    from fastapi import Depends, FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    SessionLocal = sessionmaker(bind=create_engine("postgresql://db/shop"))
    app = FastAPI()

    def returned():
        return SessionLocal()  # finds session-not-closed

    def returned_by_name():
        db = SessionLocal()  # finds session-not-closed
        return db

    def yielded():
        with SessionLocal() as db:
            yield db

    def made_for_who_closes_it():
        return SessionLocal()

    def closing(db=Depends(made_for_who_closes_it)):
        try:
            yield db
        finally:
            db.close()

    def entered():
        return SessionLocal()

    def no_dependency():
        return SessionLocal()

    @app.get("/")
    def route(a=Depends(returned), b=Depends(returned_by_name), c=Depends(yielded), d=Depends(closing)): ...

    @app.get("/entered")
    def entering(db=Depends(entered)):
        with db:
            return db.scalars("select 1").all()
    """
    assert_finds_what_is_marked(tmp_path, returned_sessions.check, source)
