"""One line that costs the application nothing else: no import, no second effect, no error."""

import subprocess
import sys

from tests.stack.processes import clean_environment

BARE = """
import sys
sys.modules["prometheus_client"] = None  # as if it were not installed
from fastdiag.instrument import instrument
async def app(scope, receive, send): ...
served = instrument(app)
libraries = {"fastapi", "starlette", "anyio", "httpx", "sqlalchemy", "psycopg_pool", "asyncpg"}
libraries |= {"opentelemetry", "yaml", "typer", "rich", "psycopg", "psutil"}
print(sorted(libraries & sys.modules.keys()))
"""
TWICE = """
import asyncio
from fastapi import FastAPI
from fastdiag.instrument import instrument
app = FastAPI()
first = instrument(app)
build = app.build_middleware_stack
print(first is app, instrument(app) is app, app.build_middleware_stack is build)
async def plain(scope, receive, send): ...
served = instrument(plain)
print(served is plain, instrument(served) is served)
"""
BROKEN = """
import asyncio, logging
logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
import httpx
from fastapi import FastAPI
from fastdiag.instrument import guard, instrument, pools, meter
from fastdiag.instrument.requests import Requests
def explode(*_, **__): raise RuntimeError("secret")
app = FastAPI()
@app.get("/")
async def home() -> str: return "well"
instrument(app)
from fastdiag.instrument import install, limiter, requests as ours
install.Ticker = install.watch_loop = ours.id_for = explode
install.METER.record = explode
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        for _ in range(3):
            print((await client.get("/")).text)
asyncio.run(main())
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=clean_environment(),
    )


def test_nothing_is_imported_that_the_application_does_not_use() -> None:
    assert run(BARE).stdout == "[]\n"


def test_a_second_call_changes_nothing() -> None:
    assert run(TWICE).stdout == "True True True\nFalse True\n"


def test_what_fails_in_here_does_not_fail_the_application() -> None:
    done = run(BROKEN)
    assert done.stdout == '"well"\n' * 3
    assert done.stderr.count("the application is not affected") == 1
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
