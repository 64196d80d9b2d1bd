"""From a root to the call that blocks: across files, through methods, constructors and dependencies."""

from __future__ import annotations

from pathlib import Path

from fastdiag.model.audit import Confidence
from tests.audit.blocking.bench import blocks, chain, findings


def test_a_chain_across_files_names_every_step_and_its_place(tmp_path: Path) -> None:
    (found,) = blocks(
        tmp_path,
        """
        from fastapi import APIRouter, FastAPI
        from orders import Orders
        router = APIRouter(prefix="/orders")

        @router.get("/{order_id}")
        async def read_order(order_id: int):
            return await Orders().load(order_id)

        app = FastAPI()
        app.include_router(router, prefix="/api")
        """,
        orders="""
        from pricing import price_of

        class Orders:
            async def load(self, order_id):
                return self.enrich(order_id)

            def enrich(self, order_id):
                return price_of(order_id)
        """,
        pricing="""
        import requests

        def price_of(order_id):
            return requests.get("http://pricing").json()  # BLOCKS sync-http
        """,
    )
    assert chain(found) == [
        "GET /api/orders/{order_id}",
        "Orders.load",
        "Orders.enrich",
        "price_of",
        "requests.get",
    ]
    assert [str(step.place) for step in found.chain] == [
        "main.py:7",
        "main.py:8",
        "orders.py:6",
        "orders.py:9",
        "pricing.py:5",
    ]
    assert found.confidence is Confidence.CERTAIN


def test_constructors_context_managers_and_generators_run_where_they_are_used(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from contextlib import contextmanager
        from fastapi import FastAPI
        from fastapi.responses import StreamingResponse
        app = FastAPI()

        class Client:
            def __init__(self):
                time.sleep(1)  # BLOCKS sleep

        class Lock:
            def __enter__(self):
                time.sleep(2)  # BLOCKS sleep
            def __exit__(self, *details):
                pass

        @contextmanager
        def timed():
            time.sleep(3)  # BLOCKS sleep
            yield

        def rows():
            time.sleep(4)  # BLOCKS sleep
            yield 1

        def streamed():
            time.sleep(5)
            yield b"in a thread, by Starlette"

        async def chunks():
            time.sleep(6)  # BLOCKS sleep
            yield b"on the loop"

        @app.get("/")
        async def route():
            Client()
            with Lock():
                pass
            with timed():
                pass
            for row in rows():
                pass

        @app.get("/stream")
        async def stream():
            return StreamingResponse(streamed())

        @app.get("/stream-async")
        async def stream_async():
            return StreamingResponse(chunks())
        """,
    )


def test_reading_a_property_runs_its_body(tmp_path: Path) -> None:
    (found,) = blocks(
        tmp_path,
        """
        import time
        from functools import cached_property
        from fastapi import FastAPI
        app = FastAPI()

        class Base:
            @property
            def rates(self):
                time.sleep(1)  # BLOCKS sleep

            @cached_property
            def never_read(self):
                time.sleep(1)

        class Prices(Base):
            def rate(self):
                time.sleep(1)

        class Other:
            rates = 1

        @app.get("/")
        async def route():
            Other().rates
            Prices().rate
            return Prices().rates
        """,
    )
    assert chain(found) == ["GET /", "Base.rates", "time.sleep"]


def test_dependencies_run_on_the_loop_when_they_are_async(tmp_path: Path) -> None:
    found = blocks(
        tmp_path,
        """
        import time
        from typing import Annotated
        from fastapi import APIRouter, Depends, FastAPI, Security

        def in_a_thread():
            time.sleep(1)

        def generator_in_a_thread():
            time.sleep(1)
            yield

        async def token():
            time.sleep(2)  # BLOCKS sleep

        async def user(token=Depends(token)):
            return token

        async def generator():
            time.sleep(3)  # BLOCKS sleep
            yield

        class Limits:
            async def __call__(self):
                time.sleep(4)  # BLOCKS sleep

        class Commons:
            def __init__(self):
                time.sleep(1)

        async def of_the_router():
            time.sleep(5)  # BLOCKS sleep

        async def of_the_include():
            time.sleep(6)  # BLOCKS sleep

        async def nobody_depends_on():
            time.sleep(7)

        UserDep = Annotated[str, Security(user)]
        router = APIRouter(dependencies=[Depends(of_the_router)])
        app = FastAPI()

        @router.get("/")
        def route(
            user: UserDep,
            a=Depends(in_a_thread),
            b=Depends(generator_in_a_thread),
            c=Depends(generator),
            d=Depends(Limits()),
            e: Commons = Depends(),
        ):
            time.sleep(1)

        app.include_router(router, prefix="/v1", dependencies=[Depends(of_the_include)])
        """,
    )
    assert chain(found[0]) == ["GET /v1/", "depends on user", "depends on token", "time.sleep"]


def test_the_shortest_way_is_shown_and_the_others_are_counted(tmp_path: Path) -> None:
    (found,) = blocks(
        tmp_path,
        """
        import time
        from fastapi import FastAPI
        app = FastAPI()

        def slow():
            time.sleep(1)  # BLOCKS sleep

        def longer():
            slow()

        @app.get("/a-detour")
        async def detour():
            longer()

        @app.get("/direct")
        async def direct():
            slow()

        @app.get("/not-at-all")
        async def other():
            return 1
        """,
    )
    assert chain(found) == ["GET /direct", "slow", "time.sleep"]
    assert "and 1 more" in found.message


def test_a_guess_on_the_way_lowers_the_confidence(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        {
            "main.py": """
            import time
            from abc import ABC, abstractmethod
            from fastapi import FastAPI
            app = FastAPI()

            class Store(ABC):
                @abstractmethod
                def save(self): ...

            class Slow(Store):
                def save(self):
                    time.sleep(1)

            class Fast(Store):
                def save(self):
                    return 1

            @app.get("/")
            async def route(store: Store):
                store.save()
            """
        },
    )
    assert [one.confidence for one in found] == [Confidence.LIKELY]


def test_a_loop_of_calls_and_a_router_in_itself_come_to_an_end(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from fastapi import APIRouter
        one, two = APIRouter(), APIRouter()
        one.include_router(two)
        two.include_router(one)

        def ping(n):
            time.sleep(1)  # BLOCKS sleep
            return pong(n)

        def pong(n):
            return ping(n)

        @two.get("/")
        async def route():
            ping(1)
        """,
    )


def test_next_runs_a_generator_up_to_its_first_yield_only(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        from fastapi import FastAPI
        from sqlalchemy import create_engine
        from sqlalchemy.orm import sessionmaker
        app = FastAPI()
        Session = sessionmaker(create_engine("postgresql://"))

        def get_db():
            db = Session()
            db.execute("SET search_path TO shop")  # BLOCKS sync-database
            yield db
            db.commit()

        def every_db():
            db = Session()
            yield db
            db.commit()  # BLOCKS sync-database

        @app.get("/")
        async def home():
            db = next(get_db())
            for one in every_db():
                pass
        """,
    )


def test_a_task_is_queued_by_one_exchange_with_the_broker(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import asyncio
        import dramatiq
        from celery import Celery, shared_task
        from fastapi import FastAPI
        from rq import Queue
        app, tasks, queue = FastAPI(), Celery("shop"), Queue("mail")

        @tasks.task
        def bill(order): ...

        @shared_task
        def ship(order): ...

        @dramatiq.actor
        def thank(order): ...

        @app.post("/orders")
        async def order(number: int):
            bill.delay(number)  # BLOCKS sync-cache
            ship.apply_async((number,))  # BLOCKS sync-cache
            thank.send(number)  # BLOCKS sync-cache
            queue.enqueue(len, "a")  # BLOCKS sync-cache
            await asyncio.to_thread(bill.delay, number)
            bill.s(number)

        @app.post("/plain")
        def plain(number: int):
            bill.delay(number)
        """,
    )


def test_a_class_based_view_has_what_its_class_depends_on(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from fastapi import APIRouter, Depends
        from fastapi_utils.cbv import cbv
        from sqlalchemy.orm import Session, sessionmaker
        router = APIRouter()
        Sessions = sessionmaker()

        async def tenant():
            time.sleep(1)  # BLOCKS sleep

        async def made():
            time.sleep(1)  # BLOCKS sleep

        async def nobody_asks_for_it():
            time.sleep(1)

        def session():
            with Sessions() as one:
                yield one

        @cbv(router)
        class Orders:
            db: Session = Depends(session)
            again = Depends(session)
            tenant: str = Depends(tenant)

            def __init__(self, made=Depends(made)): ...

            @router.get("/orders")
            async def on_the_loop(self):
                self.again.commit()  # BLOCKS sync-database
                return self.db.execute("select 1")  # BLOCKS sync-database

            @router.get("/orders/in-a-thread")
            def in_a_thread(self):
                return self.db.execute("select 1")

        class NoView:
            other = Depends(nobody_asks_for_it)
        """,
    )


def test_a_dependency_that_has_a_name_is_followed(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from fastapi import Depends, FastAPI
        app = FastAPI()

        async def user():
            time.sleep(1)  # BLOCKS sleep

        async def admin():
            time.sleep(1)

        CurrentUser = Depends(user)
        CurrentAdmin = Depends(admin)

        @app.get("/me")
        async def me(who: str = CurrentUser): ...
        """,
    )


def test_what_a_decorator_of_the_project_puts_around_a_route_runs_with_it(tmp_path: Path) -> None:
    (found,) = blocks(
        tmp_path,
        """
        import functools, time
        from fastapi import FastAPI
        app = FastAPI()

        def timed(function):
            @functools.wraps(function)
            async def around(*args, **kwargs):
                time.sleep(1)  # BLOCKS sleep
                return await function(*args, **kwargs)
            return around

        def used_by_nobody(function):
            @functools.wraps(function)
            async def around(*args, **kwargs):
                time.sleep(1)
                return await function(*args, **kwargs)
            return around

        @app.get("/")
        @timed
        async def route(): ...

        @used_by_nobody
        async def no_route(): ...
        """,
    )
    assert chain(found) == ["GET /", "wrapped by timed", "time.sleep"]


def test_a_session_that_is_handed_in_is_left_to_its_giver(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        from fastapi import FastAPI
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        app, engine = FastAPI(), create_engine("postgresql://")

        def count(db: Session | None = None):
            own = False
            if db is None:
                db = Session(engine)
                own = True
            db.execute("SELECT 1")  # BLOCKS sync-database
            if own:
                db.commit()

        def sum_up(db: Session | None = None):
            own = db is None
            db = db or Session(engine)
            if own:
                db.commit()  # BLOCKS sync-database

        def tidy(db: Session | None = None, commit: bool = True):
            if commit:
                db.commit()  # BLOCKS sync-database

        @app.get("/")
        async def home():
            db = Session(engine)
            count(db)
            count(db=db)
            sum_up(db)
            sum_up()
            tidy(db)
        """,
    )
