"""Through PgBouncer in transaction mode: the same readings, and nothing is left behind in its sessions."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest

from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import OpenSession, filled
from tests.stack.pgbouncer import INSTALL_HINT, POOL_SIZE, PROGRAM, pgbouncer
from tests.stack.ports import LOOPBACK
from tests.stack.postgres import MONITOR, VISITOR, Cluster
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=INSTALL_HINT)


@pytest.fixture
def pooled_dsn(cluster: Cluster) -> Iterator[str]:
    """Run a pooler that refuses session settings, as it does by default."""
    with pgbouncer(cluster) as pooler:
        yield pooler.dsn()


@pytest.fixture
def lenient_dsn(cluster: Cluster) -> Iterator[str]:
    """Run a pooler that takes session settings and forgets them."""
    with pgbouncer(cluster, ignored="options") as pooler:
        yield pooler.dsn()


def test_readings_come_through_a_pooler(pooled_dsn: str, open_session: OpenSession) -> None:
    open_session("web").execute("BEGIN")
    brought = collected(pooled_dsn)
    assert "through a pooler" in (brought.state.target or "")
    assert brought.state.status == "ok"
    assert [
        part.value for part in brought.parts("db.connections.idle_in_transaction", application="web")
    ] == [1]
    assert "through a pooler" in (brought.readings["db.backends"].bias or "")
    assert brought.state.requests <= 12
    assert (brought.value("db.pooled"), brought.value("db.pooled.stalled")) == (1, 0)
    assert "--pgbouncer" in (brought.state.hint or "")


def test_a_pooler_that_swallows_settings_is_recognised(lenient_dsn: str) -> None:
    brought = collected(lenient_dsn)
    assert "through a pooler" in (brought.state.target or "")
    assert brought.value("db.connections.refused") == 0


def test_nothing_stays_set_in_the_sessions_of_the_pool(pooled_dsn: str) -> None:
    for _ in range(4):
        assert collected(pooled_dsn, deadline_s=1).state.status == "ok"
    with closing(psycopg.connect(pooled_dsn, autocommit=True)) as session:
        kept = session.execute("SHOW statement_timeout").fetchone()
        name = session.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fastdiag'")
        assert (kept, name.fetchone()) == (("0",), (0,))


def test_a_refused_statement_leaves_no_transaction_open(pooled_dsn: str, cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute("REVOKE SELECT ON pg_prepared_xacts FROM PUBLIC")
    try:
        brought = collected(pooled_dsn)
    finally:
        with cluster.connect() as session:
            session.execute("GRANT SELECT ON pg_prepared_xacts TO PUBLIC")
    assert brought.value("db.latency") is not None
    assert "without prepared transactions" in (brought.readings["db.transactions.longest"].bias or "")
    assert brought.state.status == "ok"


def test_a_pooler_without_a_server_is_no_sign_of_a_free_slot(small_cluster: Cluster) -> None:
    with pgbouncer(small_cluster) as pooler, filled(small_cluster, VISITOR, 4):
        with closing(psycopg.connect(pooler.dsn())):
            """Now the pooler knows how its server greets, and will let clients in without one."""
        with small_cluster.connect() as admin:
            wait_until(
                lambda: _ended(admin, MONITOR), what="the pooler's session has left its slot", within_s=5
            )
        with filled(small_cluster, VISITOR, 1):
            brought = collected(pooler.dsn(), deadline_s=6)
    assert "db.connections.refused" not in brought.readings
    assert "leads to a PgBouncer whose pool gives no connection" in (brought.state.error or "")
    assert "query_wait_timeout" in (brought.state.error or "")
    assert "--pgbouncer" in (brought.state.hint or "")
    assert (brought.value("db.pooled"), brought.value("db.pooled.stalled")) == (1, 1)


def _ended(admin: psycopg.Connection[Any], role: str) -> bool:
    """Terminate the sessions of a role; whether none was left: each keeps its slot until it has ended."""
    told = admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
    return not told.fetchall()


def test_a_server_that_is_full_says_so_through_a_pooler(small_cluster: Cluster) -> None:
    with pgbouncer(small_cluster) as pooler, filled(small_cluster, VISITOR, 5):
        brought = collected(pooler.dsn(), deadline_s=6)
    assert brought.value("db.connections.refused") == 1
    assert brought.value("db.unreachable") == 0


def test_a_pooler_that_keeps_us_waiting_is_told_from_a_server_that_hangs(cluster: Cluster) -> None:
    """Its server is down: it lets clients log in and wait for one, two minutes if it is set up as usual."""
    with pgbouncer(cluster, query_wait_timeout=60) as pooler:
        brought = collected(pooler.dsn(database="dead"), deadline_s=4)
    assert brought.missing["db.latency"].reason == "timed out"
    assert "a pooler without a free server connection does" in (brought.state.error or "")
    assert "--pgbouncer DSN" in (brought.state.hint or "")
    assert "db.unreachable" not in brought.readings  # its pool may just as well be in use


def test_the_console_of_a_pooler_is_no_server(cluster: Cluster) -> None:
    with pgbouncer(cluster) as pooler:
        brought = collected(pooler.console())
    assert "or no PostgreSQL" in (brought.state.error or "")
    assert "db.connections.refused" not in brought.readings


def test_a_full_pool_is_not_taken_for_a_server_that_hangs(cluster: Cluster) -> None:
    """Its two server connections are in transactions of others, and our session is left waiting."""
    with pgbouncer(cluster, query_wait_timeout=60) as pooler, ExitStack() as taken:
        for _ in range(POOL_SIZE):
            session = taken.enter_context(closing(psycopg.connect(pooler.dsn(), prepare_threshold=None)))
            session.execute("SELECT 1")
        brought = collected(pooler.dsn(), poolers=((LOOPBACK, pooler.port),))
    assert "this DSN leads to a PgBouncer whose pool gives no connection" in (brought.state.error or "")
    assert "the server itself with --postgres" in (brought.state.hint or "")
    assert "out of CPU" not in brought.everything_said()
    assert (brought.value("db.pooled"), brought.value("db.pooled.stalled")) == (1, 1)
    assert "hangs behind the pooler" in (brought.readings["db.pooled.stalled"].bias or "")
    assert "db.unreachable" not in brought.readings


def test_a_full_pool_does_not_take_all_the_time_there_is(cluster: Cluster) -> None:
    with pgbouncer(cluster, query_wait_timeout=60) as pooler, ExitStack() as taken:
        for _ in range(POOL_SIZE):
            session = taken.enter_context(closing(psycopg.connect(pooler.dsn(), prepare_threshold=None)))
            session.execute("SELECT 1")
        brought = collected(pooler.dsn(), poolers=((LOOPBACK, pooler.port),), deadline_s=60)
    assert brought.value("db.pooled.stalled") == 1
    assert brought.state.seconds < 30


def test_a_server_that_is_reached_itself_is_not_pooled(cluster: Cluster) -> None:
    brought = collected(cluster.dsn(MONITOR))
    assert (brought.value("db.pooled"), brought.readings["db.pooled"].is_trusted) == (0, True)
    assert "db.pooled.stalled" not in brought.readings
    anothers = collected(cluster.dsn(MONITOR), is_own=False)
    assert not anothers.readings["db.pooled"].is_trusted
