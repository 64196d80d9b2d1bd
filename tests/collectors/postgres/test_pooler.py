"""Through PgBouncer in transaction mode: the same readings, and nothing is left behind in its sessions."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import OpenSession, filled
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import MONITOR, VISITOR, Cluster, unprivileged_user
from tests.stack.processes import running

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="PgBouncer is not installed (Debian: apt install pgbouncer)"
)

SETTINGS = """\
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 2
server_login_retry = 1
query_wait_timeout = 2
unix_socket_dir =
ignore_startup_parameters = {ignored}
"""


def pgbouncer(cluster: Cluster, *, ignored: str = "") -> Iterator[str]:
    """Run PgBouncer before a cluster and yield the DSN through it."""
    port = free_port()
    user = unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="fastdiag-pgbouncer-"))
    # `auth_type = any` ignores the client's user name: the pool logs in with that of the database line.
    settings = SETTINGS.format(host=LOOPBACK, port=port, server_port=cluster.port, ignored=ignored)
    settings = settings.replace("* = ", f"* = user={MONITOR} ")
    (home / "pgbouncer.ini").write_text(settings, encoding="utf-8")
    dsn = f"postgresql://{MONITOR}@{LOOPBACK}:{port}/postgres"

    def answers() -> bool:
        with suppress(psycopg.OperationalError), closing(psycopg.connect(dsn, connect_timeout=3)):
            return True
        return False

    try:
        if user is not None:
            shutil.chown(home, user)
        command = [str(PROGRAM), str(home / "pgbouncer.ini")]
        with running(command, name="pgbouncer", log=home / "pgbouncer.log", user=user) as server:
            server.wait_ready(answers)
            yield dsn
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def pooled_dsn(cluster: Cluster) -> Iterator[str]:
    """Run a pooler that refuses session settings, as it does by default."""
    yield from pgbouncer(cluster)


@pytest.fixture
def lenient_dsn(cluster: Cluster) -> Iterator[str]:
    """Run a pooler that takes session settings and forgets them."""
    yield from pgbouncer(cluster, ignored="options")


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
    with contextmanager(pgbouncer)(small_cluster) as dsn, filled(small_cluster, VISITOR, 4):
        with small_cluster.connect() as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'monitor'")
        with filled(small_cluster, VISITOR, 1):
            brought = collected(dsn, deadline_s=6)
    assert "db.connections.refused" not in brought.readings
    assert "query_wait_timeout" in (brought.state.error or "")
    assert "at the server itself" in (brought.state.hint or "")


def test_the_console_of_a_pooler_is_no_server(pooled_dsn: str) -> None:
    brought = collected(pooled_dsn.removesuffix("postgres") + "pgbouncer")
    assert "or no PostgreSQL" in (brought.state.error or "")
    assert "db.connections.refused" not in brought.readings
