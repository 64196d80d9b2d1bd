from __future__ import annotations

from pathlib import Path

from fastdiag.audit import clients, pools
from fastdiag.audit.pool_settings import settings
from fastdiag.model.audit import Severity
from tests.audit.io.marks import assert_finds_what_is_marked
from tests.audit.work.ground import written

CLIENTS = """
    from contextlib import asynccontextmanager
    from functools import lru_cache
    import asyncio
    import threading
    import boto3
    import httpx
    import redis
    import requests
    from fastapi import Depends, FastAPI, Request
    from sqlalchemy import create_engine

    shared = httpx.AsyncClient()
    _lazy = None
    _by_host = {}

    @asynccontextmanager
    async def lifespan(app):
        async with httpx.AsyncClient() as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)

    async def each_time():
        async with httpx.AsyncClient() as client:  # finds client-per-request
            yield client

    def kept_in_a_global():
        global _lazy
        if _lazy is None:
            _lazy = httpx.AsyncClient()
        return _lazy

    @lru_cache
    def kept_by_a_cache():
        return create_engine("postgresql://db/shop")

    def kept_in_a_dictionary(host):
        if host not in _by_host:
            client = httpx.AsyncClient(base_url=host)
            _by_host[host] = client
        return _by_host[host]

    def kept_in_the_state(request: Request):
        request.app.state.http = httpx.AsyncClient()

    def made():
        return requests.Session()  # finds client-per-request

    def made_and_kept():
        return requests.Session()

    class Service:
        def __init__(self):
            self.http = httpx.AsyncClient()  # finds client-per-request

        def lazily(self):
            if self.http is None:
                self.http = httpx.AsyncClient()
            return self.http

    class Singleton:
        def __init__(self):
            self.http = httpx.AsyncClient()

    singleton = Singleton()

    @app.get("/")
    async def index(request: Request, client=Depends(each_time)):
        kept_in_a_global(), kept_by_a_cache(), kept_in_a_dictionary("a"), kept_in_the_state(request)
        made().get("http://a")
        request.app.state.session = made_and_kept()
        Service().lazily()
        create_engine("postgresql://db/shop")  # finds engine-per-request
        boto3.client("s3")  # finds client-per-request
        redis.Redis(host="cache")  # finds client-per-request
        redis.Redis(connection_pool=pool)
        httpx.AsyncClient(transport=httpx.ASGITransport(app))

    @app.post("/watch")
    async def watch():
        threading.Thread(target=watch_for_ever, daemon=True).start()
        asyncio.create_task(download())

    def watch_for_ever():
        httpx.Client()

    async def download():
        httpx.AsyncClient()

    def script():
        httpx.Client()
"""
POOLS = """
    import asyncio
    import asyncpg
    from psycopg_pool import ConnectionPool
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    URL = "postgresql://db/shop"
    plain = create_engine(URL)  # finds pool-defaults, pool-without-pre-ping
    patient = create_engine(URL, pool_size=20, max_overflow=0, pool_pre_ping=True)  # finds pool-defaults
    sized = create_engine(URL, pool_size=20, max_overflow=0, pool_pre_ping=True, pool_timeout=3)
    renewed = create_async_engine(URL, pool_size=20, pool_timeout=3, pool_recycle=300)
    off = create_engine(URL, pool_size=9, pool_timeout=3, pool_pre_ping=False)  # finds pool-without-pre-ping
    without_pool = create_engine(URL, poolclass=NullPool)
    in_a_file = create_engine("sqlite:///shop.db")

    def build(backend, address):
        if backend == "sqlite":
            return create_engine(address)
        elif backend != "sqlite":
            return create_engine(address)  # finds pool-defaults, pool-without-pre-ping

    built = build("postgresql", URL)

    options = {"echo": False}
    options.update({"pool_size": 7, "pool_timeout": 3})
    options["pool_pre_ping"] = True
    by_options = create_engine(URL, **options)

    def check_once():
        engine = create_engine(URL)
        with engine.connect() as connection:
            connection.execute("select 1")

    check_once()

    def from_outside(**more):
        return create_engine(URL, **more)

    waiting = ConnectionPool(URL)  # finds pool-defaults
    chosen = ConnectionPool(URL, min_size=2, max_size=8)

    async def connect():
        await asyncpg.create_pool(URL)  # finds pool-defaults
        await asyncpg.create_pool(URL, max_size=5)

    asyncio.run(connect())
"""
MIGRATION = """
    from alembic import context
    from sqlalchemy import create_engine

    engine = create_engine("postgresql://db/shop")
"""


def test_what_each_request_makes_anew_is_found_and_what_is_kept_is_not(tmp_path: Path) -> None:
    findings = assert_finds_what_is_marked(tmp_path, clients.check, CLIENTS)
    severities = {one.check: one.severity for one in findings}
    assert severities == {"engine-per-request": Severity.CRITICAL, "client-per-request": Severity.WARNING}


def test_pools_that_nobody_has_sized_or_that_test_nothing_are_found(tmp_path: Path) -> None:
    assert_finds_what_is_marked(tmp_path, pools.check, POOLS)


def test_the_engine_of_a_migration_lives_as_long_as_one_command(tmp_path: Path) -> None:
    assert_finds_what_is_marked(tmp_path, pools.check, MIGRATION)


def test_settings_tell_what_is_given_what_is_left_and_what_is_only_known_at_run_time(tmp_path: Path) -> None:
    source = """
        import os
        import httpx
        from psycopg_pool import ConnectionPool
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        SIZE = 12
        engine = create_engine("postgresql://db/shop", pool_size=SIZE, max_overflow=os.cpu_count())
        direct = create_engine("postgresql://db/shop", poolclass=NullPool)
        client = httpx.AsyncClient(timeout=httpx.Timeout(7), limits=httpx.Limits(max_connections=40))
        pool = ConnectionPool("dbname=shop", min_size=3)
    """
    told = [
        (one.name, one.text, one.value, one.is_default)
        for one in settings(written(tmp_path, {"main.py": source}))
        if one.name.rpartition(".")[2]
        in {"pool_size", "max_overflow", "pool_timeout", "poolclass", "timeout"}
        or one.name in {"httpx.max_connections", "psycopg_pool.max_size"}
    ]
    assert told == [
        ("sqlalchemy.pool_size", "SIZE", 12, False),
        ("sqlalchemy.max_overflow", "os.cpu_count()", None, False),
        ("sqlalchemy.pool_timeout", "30", 30, True),
        ("sqlalchemy.poolclass", "NullPool", "NullPool", False),
        ("psycopg_pool.max_size", "3", 3, False),
        ("psycopg_pool.timeout", "30", 30, True),
        ("httpx.timeout", "httpx.Timeout(7)", 7, False),
        ("httpx.max_connections", "40", 40, False),
    ]
