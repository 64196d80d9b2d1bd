from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit import store_timeouts, timeouts
from fastdiag.model.audit import Confidence, Severity
from tests.audit.io.marks import assert_finds_what_is_marked
from tests.audit.work.ground import found

REQUESTS = """
    import functools
    import requests
    from fastapi import FastAPI
    from requests import Session

    app = FastAPI()
    http = Session()
    LIMIT = 5
    options = {"timeout": 3, "verify": False}
    headers_only = {"headers": {}}

    class Partner:
        def __init__(self):
            self.session = requests.Session()

        def ask(self):
            return self.session.post("http://partner", json={})  # finds missing-timeout

        def ask_in_time(self):
            return self.session.post("http://partner", json={}, timeout=LIMIT)

    def passed_on(url, **more):
        return requests.get(url, **more)

    @app.get("/")
    def index(partner: Partner = None):
        requests.get("http://a")  # finds missing-timeout
        requests.get("http://a", timeout=LIMIT)
        requests.get("http://a", timeout=None)  # finds missing-timeout
        requests.get("http://a", **options)
        requests.get("http://a", **headers_only)  # finds missing-timeout
        http.get("http://a")  # finds missing-timeout
        http.request("GET", "http://a", None, None, None, None, None, None, 5)
        passed_on("http://a", timeout=5)
        partner.ask()
        partner.ask_in_time()
        {}.get("timeout")
        app.get("/x")
"""
HTTPX = """
    import asyncio
    import httpx
    from fastapi import FastAPI

    app = FastAPI()
    client = httpx.AsyncClient()
    patient = httpx.AsyncClient(timeout=None)  # finds missing-timeout
    NO_READ = httpx.Timeout(10, read=None)
    LONG_READ = httpx.Timeout(10, read=60)

    @app.get("/")
    async def index(wait: float):
        await client.get("http://a")
        await client.get("http://a", timeout=wait)
        await client.get("http://a", timeout=None)  # finds missing-timeout
        await client.get("http://a", timeout=NO_READ)  # finds missing-timeout
        await client.get("http://a", timeout=LONG_READ)
        await client.get("http://a", timeout=httpx.Timeout(None))  # finds missing-timeout
        await client.get("http://a", timeout=httpx.Timeout(None, read=5))
        async with asyncio.timeout(3):
            await client.get("http://a", timeout=None)
        await asyncio.wait_for(client.get("http://a", timeout=None), 3)
        async with client.stream("GET", "http://a", timeout=None):  # finds missing-timeout
            pass
"""
OTHERS = """
    import http.client
    import smtplib
    import socket
    import urllib.request
    import aiohttp
    import urllib3
    from fastapi import FastAPI

    app = FastAPI()
    pool = urllib3.PoolManager()
    limited_pool = urllib3.PoolManager(timeout=5)

    @app.get("/")
    def index():
        urllib.request.urlopen("http://a")  # finds missing-timeout
        urllib.request.urlopen("http://a", None, 5)
        urllib.request.urlopen("http://a", timeout=5)
        smtplib.SMTP("mail", 25)  # finds missing-timeout
        smtplib.SMTP("mail", 25, timeout=5)
        http.client.HTTPSConnection("a")  # finds missing-timeout
        socket.create_connection(("a", 80))  # finds missing-timeout
        socket.create_connection(("a", 80), 3)
        pool.request("GET", "http://a")  # finds missing-timeout
        limited_pool.request("GET", "http://a")
        aiohttp.ClientTimeout(connect=5)  # finds missing-timeout
        aiohttp.ClientTimeout(total=5)
        aiohttp.ClientTimeout(total=None, sock_read=5)
"""
LONG = {
    "sessions.py": """
        import aiohttp
        import boto3
        from botocore.config import Config
        from openai import AsyncOpenAI

        async def open_all(key):
            aiohttp.ClientSession()  # finds long-timeout
            boto3.client("s3")  # finds long-timeout
            boto3.client("s3", config=Config(read_timeout=5))
            boto3.client("s3", config=Config(region_name="eu-1"))  # finds long-timeout
            AsyncOpenAI(api_key=key)  # finds long-timeout
            AsyncOpenAI(api_key=key, timeout=20)
    """,
    "limited.py": """
        import aiohttp

        async def ask():
            async with aiohttp.ClientSession() as session:
                await session.get("http://a", timeout=aiohttp.ClientTimeout(total=3))
    """,
    "given.py": """
        import aiohttp

        def session():
            return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3))
    """,
}
STORES = {
    "main.py": """
        import asyncpg
        import psycopg
        import redis
        import redis.asyncio as aioredis
        from psycopg_pool import ConnectionPool
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import create_async_engine

        URL = "postgresql+psycopg://db/shop"
        engine = create_engine(URL)  # finds database-timeout
        limited = create_async_engine(URL, connect_args={"command_timeout": 10})
        file = create_engine("sqlite:///shop.db")
        named_file = create_engine(f"sqlite:///{URL}")
        pool = ConnectionPool(URL)  # finds database-timeout
        cache = redis.Redis(host="cache")  # finds redis-timeout
        asynchronous = aioredis.from_url("redis://cache")  # finds redis-timeout
        impatient = redis.Redis(host="cache", socket_timeout=1)
        patient = redis.Redis(host="cache", socket_timeout=None)  # finds redis-timeout
        shared = redis.Redis(connection_pool=impatient.connection_pool)
        in_address = redis.from_url("redis://cache?socket_timeout=1")

        async def connect(extra):
            await asyncpg.connect(URL)  # finds database-timeout
            await asyncpg.connect(URL, command_timeout=5)
            psycopg.connect(URL, **extra)
    """,
}


@pytest.mark.parametrize("source", [REQUESTS, HTTPX, OTHERS], ids=["requests", "httpx", "others"])
def test_calls_without_a_limit_are_found_and_those_with_one_are_not(tmp_path: Path, source: str) -> None:
    assert_finds_what_is_marked(tmp_path, timeouts.check, source)


def test_clients_with_a_default_of_minutes_are_noted_unless_their_calls_are_limited(tmp_path: Path) -> None:
    findings = assert_finds_what_is_marked(tmp_path, timeouts.check, LONG)
    assert {one.severity for one in findings} == {Severity.NOTE}


def test_a_default_for_all_sockets_counts_for_what_asks_for_it(tmp_path: Path) -> None:
    source = """
        import socket, urllib.request, requests
        from fastapi import FastAPI

        socket.setdefaulttimeout(10)
        app = FastAPI()

        @app.get("/")
        def index():
            urllib.request.urlopen("http://a")
            requests.get("http://a")  # finds missing-timeout
    """
    assert_finds_what_is_marked(tmp_path, timeouts.check, source)


def test_sessions_may_get_their_limit_from_an_adapter_of_the_project(tmp_path: Path) -> None:
    source = """
        import requests
        from requests.adapters import HTTPAdapter

        class Impatient(HTTPAdapter):
            def send(self, request, **options):
                options["timeout"] = options.get("timeout") or 5
                return super().send(request, **options)

        session = requests.Session()
        session.mount("http://", Impatient())
        session.get("http://a")
        requests.get("http://a")  # finds missing-timeout
    """
    assert_finds_what_is_marked(tmp_path, timeouts.check, source)


def test_databases_and_caches_without_a_limit_are_found(tmp_path: Path) -> None:
    assert_finds_what_is_marked(tmp_path, store_timeouts.check, STORES)


def test_who_sets_a_statement_timeout_anywhere_is_believed(tmp_path: Path) -> None:
    source = """
        from sqlalchemy import create_engine, event

        engine = create_engine("postgresql://db/shop")

        @event.listens_for(engine, "connect")
        def limit(connection, record):
            connection.cursor().execute("SET statement_timeout = '10s'")
    """
    assert_finds_what_is_marked(tmp_path, store_timeouts.check, source)


def test_a_call_in_a_request_is_critical_and_has_a_chain_and_one_of_a_script_is_a_note(
    tmp_path: Path,
) -> None:
    source = """
        import requests
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/prices")
        def prices():
            return load()

        def load():
            return requests.get("http://prices").json()

        def fill_by_hand():
            requests.get("http://prices")

        if __name__ == "__main__":
            fill_by_hand()
    """
    served, script = found(tmp_path, timeouts.check, source)
    assert (served.severity, served.confidence) == (Severity.CRITICAL, Confidence.CERTAIN)
    assert [(step.text, step.place.line) for step in served.chain][-1] == ("requests.get", 11)
    assert "/prices" in served.chain[0].text
    assert (script.severity, script.chain) == (Severity.NOTE, ())


def test_a_partial_may_have_given_the_limit(tmp_path: Path) -> None:
    source = """
    import functools
    import requests
    from fastapi import FastAPI

    app = FastAPI()
    get = functools.partial(requests.get, timeout=3)

    @app.get("/")
    def route():
        get("https://prices")
        requests.get("https://prices")  # finds missing-timeout
    """
    assert_finds_what_is_marked(tmp_path, timeouts.check, source)
