"""A pooler before a server, and clients that use it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest

from tests.stack.pgbouncer import INSTALL_HINT, PROGRAM, Pooler, pgbouncer
from tests.stack.postgres import Cluster, postgres
from tests.stack.waiting import wait_until


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """One server for all tests of the pooler."""
    with postgres(max_connections=30) as running:
        yield running


@pytest.fixture
def pooler(cluster: Cluster) -> Iterator[Pooler]:
    """One pooler for each test, so that what it counts is the test's own."""
    if PROGRAM is None:
        pytest.skip(INSTALL_HINT)
    with pgbouncer(cluster, query_wait_timeout=30) as running:
        yield running


def at_the_pools(pooler: Pooler) -> tuple[int, int]:
    """Return how many clients have a server connection, and how many wait for one."""
    with (
        closing(psycopg.connect(pooler.console(), autocommit=True, prepare_threshold=None)) as console,
        psycopg.ClientCursor(console, row_factory=psycopg.rows.dict_row) as cursor,
    ):
        rows = [row for row in cursor.execute("SHOW POOLS").fetchall() if row["database"] != "pgbouncer"]
        return sum(row["cl_active"] for row in rows), sum(row["cl_waiting"] for row in rows)


@contextmanager
def clients(
    pooler: Pooler,
    number: int,
    database: str = "postgres",
    *,
    waiting: int,
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Let clients run a long statement each, until so many of them have to wait.

    ``meanwhile`` is what happens when all have logged in, before any of them does.
    """
    opened: list[psycopg.Connection[tuple[object, ...]]] = []
    holding: list[psycopg.Connection[tuple[object, ...]]] = []
    done, go = threading.Event(), threading.Event()

    def run() -> None:
        with suppress(psycopg.Error):
            session = psycopg.connect(pooler.dsn(database=database), autocommit=True, prepare_threshold=None)
            opened.append(session)
            go.wait(30)
            session.execute("BEGIN")
            session.execute("SELECT 1")
            holding.append(session)
            done.wait(30)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        if meanwhile is not None:
            wait_until(lambda: len(opened) == number, what="all have logged in", within_s=10)
            meanwhile()
        go.set()
        settled = (number - waiting, waiting)
        wait_until(
            lambda: len(holding) == settled[0] and at_the_pools(pooler) == settled,
            what=f"{waiting} clients wait",
            within_s=10,
        )
        yield
    finally:
        done.set()
        pooler.server.popen.terminate()  # ends those that still wait
        for thread in threads:
            thread.join(10)
        for session in opened:
            session.close()
