"""Clusters and sessions that tests look at."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg
import pytest

from tests.stack.postgres import MONITOR, Cluster, postgres
from tests.stack.waiting import wait_until

Session = psycopg.Connection[tuple[object, ...]]
OpenSession = Callable[..., Session]

SCHEMA = """
    CREATE TABLE products (id int PRIMARY KEY, stock int NOT NULL);
    INSERT INTO products SELECT id, 100 FROM generate_series(1, 20) AS id;
"""


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """One server for the tests that neither fill nor stop it."""
    with postgres(max_connections=60, settings=("shared_preload_libraries=pg_stat_statements",)) as running:
        yield running


@pytest.fixture
def small_cluster() -> Iterator[Cluster]:
    """Start a server of one's own with 5 slots for ordinary roles and 3 reserved ones."""
    with postgres(max_connections=8) as running:
        yield running


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """Create a database of one's own; whatever is still connected to it is ended with the test."""
    name = cluster.create_database(SCHEMA)
    yield name
    cluster.drop_database(name)


@pytest.fixture
def open_session(cluster: Cluster, database: str) -> Iterator[OpenSession]:
    """Open sessions to the test's database, under the application name given."""
    with ExitStack() as opened:

        def open_one(application: str = "", role: str = MONITOR) -> Session:
            session = psycopg.connect(
                cluster.dsn(role, database), application_name=application, autocommit=True
            )
            return opened.enter_context(closing(session))

        yield open_one


@pytest.fixture
def background() -> Iterator[Callable[[Session, str], None]]:
    """Run statements in threads of their own: they wait, for a lock or for time to pass."""
    threads: list[threading.Thread] = []
    sessions: list[Session] = []

    def run(session: Session, statement: str) -> None:
        def execute() -> None:
            with suppress(psycopg.Error):
                session.execute(statement.encode())

        threads.append(threading.Thread(target=execute, daemon=True))
        sessions.append(session)
        threads[-1].start()

    yield run
    for session in sessions:
        session.cancel()
    for thread in threads:
        thread.join(10)


def lock_waiters(cluster: Cluster, database: str) -> int:
    """Return how many sessions of the database wait for a lock."""
    return sum(backend.waits_for == "Lock" for backend in cluster.backends(database))


def wait_for_lock_waiters(cluster: Cluster, database: str, number: int) -> None:
    """Wait until exactly that many sessions queue: the premise of a lock test."""
    wait_until(
        lambda: lock_waiters(cluster, database) == number,
        what=f"{number} sessions wait for a lock",
        within_s=10,
    )


@contextmanager
def filled(cluster: Cluster, role: str, number: int) -> Iterator[None]:
    """Take that many slots of the server."""
    with ExitStack() as opened:
        for _ in range(number):
            opened.enter_context(closing(cluster.connect(role)))
        yield
