"""The contract with the server: few statements, read-only, bounded, and no statement's text leaves it."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files

import psycopg
import pytest
from psycopg.rows import class_row

from fastdiag.collectors.postgres import queries
from fastdiag.collectors.postgres.rows import (
    Backend,
    Blocking,
    Counters,
    Limits,
    LockWaits,
    Ping,
    Prepared,
    StatementCounts,
    StatementText,
)
from fastdiag.collectors.postgres.session import MAX_STATEMENTS, SETTINGS
from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import OpenSession, Session, wait_for_lock_waiters
from tests.stack.postgres import APPLICATION, MONITOR, Cluster

ROWS = {
    "backends": Backend,
    "limits": Limits,
    "lock_blockers": Blocking,
    "lock_waits": LockWaits,
    "ping": Ping,
    "prepared": Prepared,
    "counters": Counters,
    "statements": StatementCounts,
    "statement_texts": StatementText,
}
PARAMETERS = {"lock_blockers": {"pids": None}, "statement_texts": {"ids": [1]}}
RENAMED_SINCE = {("statements", 120000)}
"""What ran on old servers only: a column of the extension has another name now."""


@contextmanager
def logged_role(cluster: Cluster) -> Iterator[str]:
    """Create a role of which the server logs every statement."""
    role = "observed"
    with cluster.connect() as session:
        session.execute(f"CREATE ROLE {role} LOGIN IN ROLE pg_monitor".encode())
        session.execute(f"ALTER ROLE {role} SET log_statement = 'all'".encode())
    yield role
    with cluster.connect() as session:
        session.execute(f"DROP ROLE {role}".encode())


def test_the_server_counts_few_statements(
    cluster: Cluster,
    database: str,
    open_session: OpenSession,
    background: Callable[[Session, str], None],
) -> None:
    holder, waiter = (open_session("web", APPLICATION) for _ in range(2))
    holder.execute("BEGIN; UPDATE products SET stock = 0 WHERE id = 1")
    background(waiter, "UPDATE products SET stock = 1 WHERE id = 1")
    wait_for_lock_waiters(cluster, database, 1)
    with logged_role(cluster) as role:
        before = cluster.server.log.read_text(encoding="utf-8")
        brought = collected(cluster.dsn(role))
        log = cluster.server.log.read_text(encoding="utf-8")[len(before) :]

    statements = re.findall(r"LOG: +(?:statement|execute \S+):", log)
    assert brought.value("db.locks.behind_one") == 1
    assert len(statements) == brought.state.requests <= MAX_STATEMENTS


def test_the_session_cannot_write_and_is_bounded(cluster: Cluster) -> None:
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    with closing(psycopg.connect(cluster.dsn(MONITOR), options=options, autocommit=True)) as session:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.execute("CREATE TABLE nothing ()")
        assert session.execute("SHOW statement_timeout").fetchone() == ("2s",)
        assert session.execute("SHOW lock_timeout").fetchone() == ("500ms",)
        assert session.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("5s",)


def test_no_text_of_a_statement_leaves_the_database(
    cluster: Cluster, open_session: OpenSession, background: Callable[[Session, str], None]
) -> None:
    background(open_session("web"), "SELECT pg_sleep(60), 'card 4111-1111'")
    brought = collected(cluster.dsn(MONITOR), slow_s=0.01)
    assert brought.parts("db.queries.longest", application="web")
    assert "4111" not in brought.everything_said()


def every_file() -> list[tuple[str, int]]:
    folder = files("fastdiag.collectors") / "queries"
    stems = [file.name.removesuffix(".sql").rpartition("_") for file in folder.iterdir()]
    return sorted((name, int(version)) for name, _, version in stems)


@pytest.mark.parametrize(("name", "version"), [one for one in every_file() if one not in RENAMED_SINCE])
def test_every_file_runs_and_fills_its_rows(cluster: Cluster, database: str, name: str, version: int) -> None:
    """Those for older servers run on this one too: they use nothing that was removed."""
    with cluster.connect(database=database) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
    with (
        closing(cluster.connect(MONITOR, database)) as session,
        psycopg.ClientCursor(session, row_factory=class_row(ROWS[name])) as cursor,
    ):
        statement = queries.statement(name, version, "public")
        rows = cursor.execute(statement.encode(), PARAMETERS.get(name)).fetchall()
    assert all(isinstance(row, ROWS[name]) for row in rows)


def test_a_server_gets_the_newest_file_that_is_not_too_new() -> None:
    assert "NULL::bigint AS query_id" in queries.statement("backends", 130012)
    assert "NULL::bigint AS query_id" not in queries.statement("backends", 180001)
    with pytest.raises(LookupError):
        queries.statement("backends", 110022)


def test_a_refused_statement_costs_only_its_own_signals(
    cluster: Cluster,
    database: str,
    open_session: OpenSession,
    background: Callable[[Session, str], None],
) -> None:
    """On managed servers some views are closed: here, pg_locks for one role."""
    holder, waiter = (open_session("web", APPLICATION) for _ in range(2))
    holder.execute("BEGIN; UPDATE products SET stock = 0 WHERE id = 1")
    background(waiter, "UPDATE products SET stock = 1 WHERE id = 1")
    wait_for_lock_waiters(cluster, database, 1)
    with cluster.connect() as session:
        session.execute("CREATE ROLE no_locks LOGIN IN ROLE pg_monitor")
        session.execute("REVOKE SELECT ON pg_locks FROM PUBLIC")
    try:
        brought = collected(cluster.dsn("no_locks"))
    finally:
        with cluster.connect() as session:
            session.execute("GRANT SELECT ON pg_locks TO PUBLIC")
            session.execute("DROP ROLE no_locks")
    assert str(brought.missing["db.locks.waiting"]).startswith("denied: lock_waits: the role may not read it")
    assert brought.missing["db.locks.behind_one"].reason == "denied"
    assert brought.value("db.connections.active") == 1
    assert brought.value("db.transactions.longest")


def test_a_server_that_closes_its_main_view_yields_denied_and_no_zero(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute("CREATE ROLE no_activity LOGIN")
        session.execute("REVOKE SELECT ON pg_stat_activity FROM PUBLIC")
    try:
        brought = collected(cluster.dsn("no_activity"))
    finally:
        with cluster.connect() as session:
            session.execute("GRANT SELECT ON pg_stat_activity TO PUBLIC")
            session.execute("DROP ROLE no_activity")
    counted = {
        "db.transactions.rate",
        "db.transactions.rolled_back.ratio",
        "db.locks.deadlocks",
        "db.temp.rate",
    }
    assert set(brought.readings) <= {"db.connections.refused", "db.unreachable", "db.latency"} | counted
    denied = {name for name, missing in brought.missing.items() if missing.reason == "denied"}
    assert brought.missing.keys() - counted == denied - counted
