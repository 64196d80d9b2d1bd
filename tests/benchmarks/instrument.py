"""What `fastdiag.instrument` costs a service: `python -m tests.benchmarks.instrument`.

A FastAPI service runs twice side by side, once with the line and once without: one whose metrics go through
OpenTelemetry, and one of prometheus_client, each with a query to PostgreSQL for every request. Clients ask as
fast as they are answered, for one and then for the other, in turns of a few seconds; which comes first
alternates. Each figure is the ratio of two neighbouring turns, so that whatever else the
machine does falls on both. The clients speak plain HTTP/1.1 over sockets: they shall not be what is measured.

The processor time of a request says most: on a machine of few cores, requests a second also tell how the
kernel shared them among clients, database and service.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Sheet
from tests.incidents.deployments import ORDERS, STOREFRONT, Deployment
from tests.incidents.instrumented import with_line
from tests.incidents.stage import APPS
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK
from tests.stack.postgres import APPLICATION, Cluster, postgres

ROUNDS: Final = 12
TURN_S: Final = 4.0
CLIENTS: Final = 8
PATH: Final = "/products/7"
SERVICES: Final = {
    "SQLAlchemy + asyncpg, OpenTelemetry": replace(ORDERS, environment={"DB_POOL_SIZE": "10"}),
    "psycopg_pool, prometheus_client": STOREFRONT,
}
AT_MOST: Final = 1.10
"""Promised: so many times the processor time of a request at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn came to: requests a second, the slowest of a hundred, processor time of a request."""

    rps: float
    p99_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """The two services."""

    without: AppServer
    with_line: AppServer


def turn(app: AppServer) -> Turn:
    """Ask one service for a while."""
    before, started = app.cpu_seconds(), time.monotonic()
    seconds = sorted(asyncio.run(_ask(app.port)))
    passed, used = time.monotonic() - started, app.cpu_seconds() - before
    return Turn(rps=len(seconds) / passed, p99_s=seconds[int(len(seconds) * 0.99)], cpu_s=used / len(seconds))


async def _ask(port: int) -> list[float]:
    until = time.monotonic() + TURN_S
    answers = await asyncio.gather(*(_client(port, until) for _ in range(CLIENTS)))
    return [seconds for one in answers for seconds in one]


async def _client(port: int, until: float) -> list[float]:
    """Ask again and again on one connection; return how long each answer took."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
    seconds = []
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    while (began := time.monotonic()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"{PATH} was answered with {head[:60]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        seconds.append(time.monotonic() - began)
    writer.close()
    return seconds


@contextmanager
def both(deployment: Deployment) -> Iterator[Both]:
    """Serve an application with and without the line, on one database server."""
    with tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as folder, postgres() as cluster:
        plain, lined = Path(folder, "plain"), Path(folder, "lined")
        with (
            _served(deployment, cluster, plain) as without,
            _served(with_line(deployment), cluster, lined) as line,
        ):
            yield Both(without=without, with_line=line)


@contextmanager
def _served(deployment: Deployment, cluster: Cluster, folder: Path) -> Iterator[AppServer]:
    folder.mkdir()
    database = cluster.create_database((APPS / deployment.schema).read_text(encoding="utf-8"))
    environment = {"DATABASE_URL": cluster.dsn(APPLICATION, database), **deployment.environment}
    with app_server(
        APPS / deployment.app, directory=folder, kind=ServerKind.UVICORN, workers=1, environment=environment
    ) as app:
        yield app


def pairs(services: Both) -> list[tuple[Turn, Turn]]:
    """Return neighbouring turns, the one without the line first."""
    turn(services.without), turn(services.with_line)  # until caches and pools are warm
    found = []
    for number in range(ROUNDS):
        if number % 2:
            line = turn(services.with_line)
            found.append((turn(services.without), line))
        else:
            without = turn(services.without)
            found.append((without, turn(services.with_line)))
    return found


def main() -> None:
    """Print the ratios."""
    sheet = Sheet("What fastdiag.instrument costs a FastAPI service (uvicorn, 1 worker, 8 clients)")
    for words, deployment in SERVICES.items():
        with both(deployment) as services:
            turns = pairs(services)
        _tell(sheet, words, turns)
    sheet.finish()


def _tell(sheet: Sheet, words: str, turns: list[tuple[Turn, Turn]]) -> None:
    plain = [without for without, _ in turns]
    sheet.fact(words, "")
    sheet.figure("  requests/s without the line", [one.rps for one in plain], "")
    sheet.figure("    with / without", [line.rps / without.rps for without, line in turns], "x")
    sheet.figure("  p99 without the line", [one.p99_s * 1000 for one in plain], "ms")
    sheet.figure("    with / without", [line.p99_s / without.p99_s for without, line in turns], "x")
    sheet.figure("  processor time of a request without it", [one.cpu_s * 1000 for one in plain], "ms")
    ratios = [line.cpu_s / without.cpu_s for without, line in turns]
    sheet.promise("    with / without", ratios, "x", at_most=AT_MOST)
    more = [(line.cpu_s - without.cpu_s) * 1e6 for without, line in turns]
    sheet.fact("    more by", f"{statistics.median(more):.0f} us")


if __name__ == "__main__":
    main()
