"""Connections by state, application and client; and what a role without privileges may conclude."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import OpenSession, Session, filled
from tests.collectors.postgres.example import IDLE
from tests.stack.ports import LOOPBACK
from tests.stack.postgres import APPLICATION, MONITOR, SUPERUSER, VISITOR, Cluster, postgres
from tests.stack.waiting import wait_until


def test_connections_are_counted_by_state_and_application(
    cluster: Cluster, open_session: OpenSession, background: Callable[[Session, str], None]
) -> None:
    for _ in range(3):
        open_session("web")
    open_session("web").execute("BEGIN")
    broken = open_session("web")
    broken.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        broken.execute("SELECT 1/0")
    background(open_session("reports"), "SELECT pg_sleep(60)")

    brought = collected(cluster.dsn(MONITOR))

    def counted(signal: str, application: str) -> float:
        return sum(part.value for part in brought.parts(signal, application=application, client=LOOPBACK))

    assert counted("db.connections.idle", "web") == 3
    assert counted("db.connections.idle_in_transaction", "web") == 2  # the aborted one among them
    assert counted("db.connections.active", "reports") == 1
    assert counted("db.connections.total", "web") == 5
    assert brought.parts("db.connections.total", application="web", state="idle in transaction (aborted)")
    assert [part.value for part in brought.parts("db.waits", wait="Timeout")] == [1]
    assert brought.value("db.active.running") == brought.value("db.waits.io") == 0  # it waits for its timer
    assert brought.value("db.connections.refused") == 0
    assert brought.state.status == "ok"


def test_usable_slots_leave_the_reserved_ones_out(small_cluster: Cluster) -> None:
    with filled(small_cluster, VISITOR, 3):
        brought = collected(small_cluster.dsn(MONITOR))
    assert brought.value("db.connections.usable") == 5
    assert brought.value("db.connections.max") == 8
    assert brought.value("db.connections.total") == 3  # ours is not counted


def test_what_the_server_logs_of_slow_statements_and_of_locks_is_told(cluster: Cluster) -> None:
    silent = collected(cluster.dsn(VISITOR))
    assert silent.value("db.logging.slow_statements") == silent.value("db.logging.lock_waits") == 0
    with postgres(settings=("log_min_duration_statement=250", "log_lock_waits=on")) as talkative:
        brought = collected(talkative.dsn(VISITOR))
    assert brought.value("db.logging.slow_statements") == brought.value("db.logging.lock_waits") == 1


def test_backends_carry_what_the_process_table_can_be_joined_by(
    cluster: Cluster, database: str, open_session: OpenSession
) -> None:
    session = open_session("web")
    brought = collected(cluster.dsn(MONITOR))
    (part,) = brought.parts("db.backends", pid=str(session.info.backend_pid))
    port = session.execute("SELECT inet_client_port()").fetchone()
    assert port is not None
    assert dict(part.labels) == {
        "application": "web",
        "change": "unchanged",
        "client": f"{LOOPBACK}:{port[0]}",
        "database": database,
        "pid": str(session.info.backend_pid),
        "server": str(cluster.port),
        "state": "idle",
        "transaction": "none",
        "user": MONITOR,
        "wait": "Client",
    }
    assert part.value > 1  # seconds in its state: at least the gap between the samples


def test_backends_come_longest_in_their_state_first(cluster: Cluster, open_session: OpenSession) -> None:
    for _ in range(4):
        open_session("web")
    seconds = [part.value for part in collected(cluster.dsn(MONITOR)).readings["db.backends"].by]
    assert len(seconds) >= 4
    assert seconds == sorted(seconds, reverse=True)


def test_the_connection_that_nobody_has_used_for_the_longest_is_named(
    cluster: Cluster, open_session: OpenSession
) -> None:
    open_session("forgotten")
    brought = collected(cluster.dsn(MONITOR))
    longest = brought.readings["db.connections.idle.longest"]
    assert longest.value == longest.by[0].value
    assert (longest.value or 0) > 1
    assert brought.parts("db.connections.idle.longest", application="forgotten")


def test_a_role_without_privileges_yields_denied_and_never_zero(
    cluster: Cluster, open_session: OpenSession
) -> None:
    open_session("web", APPLICATION).execute("BEGIN")

    brought = collected(cluster.dsn(VISITOR))

    for signal in ("active", "idle", "idle_in_transaction"):
        missing = brought.missing[f"db.connections.{signal}"]
        assert missing.reason == "denied"
        assert "GRANT pg_monitor TO visitor;" in missing.detail
    for signal in ("db.transactions.longest", "db.queries.slow", "db.waits", "db.waits.io", "db.backends"):
        assert brought.missing[signal].reason == "denied"
        assert signal not in brought.readings
    assert brought.state.status == "partial"
    assert brought.state.hint == "GRANT pg_monitor TO visitor;"


def test_what_is_right_without_privileges_stays_a_reading(
    cluster: Cluster, open_session: OpenSession
) -> None:
    open_session("web", APPLICATION)
    brought = collected(cluster.dsn(VISITOR))
    assert brought.value("db.connections.usable") == 57
    assert sum(part.value for part in brought.parts("db.connections.total", application="web")) == 1
    assert brought.value("db.locks.waiting") == 0
    assert brought.value("db.locks.behind_one") == 0
    assert brought.value("db.locks.idle_blockers") == 0
    assert brought.readings["db.connections.total"].is_trusted


def test_the_role_of_the_application_sees_its_own_sessions(
    cluster: Cluster, database: str, open_session: OpenSession
) -> None:
    own = open_session("web", APPLICATION)
    open_session("reports", MONITOR)

    brought = collected(cluster.dsn(APPLICATION, database))

    backends = brought.readings["db.backends"]
    assert {dict(part.labels)["pid"] for part in backends.by} == {str(own.info.backend_pid)}
    assert backends.bias is not None
    assert "GRANT pg_monitor TO shop;" in backends.bias
    assert brought.missing["db.connections.active"].reason == "denied"


def test_a_superuser_on_a_full_server_does_not_conclude_that_there_are_slots(small_cluster: Cluster) -> None:
    with filled(small_cluster, VISITOR, 5):
        brought = collected(small_cluster.dsn(SUPERUSER))
    refused = brought.readings["db.connections.refused"]
    assert (refused.value, refused.is_trusted) == (0, False)
    assert brought.value("db.connections.total") == brought.value("db.connections.usable") == 5


def test_activity_that_the_server_does_not_track_is_absent(
    cluster: Cluster, open_session: OpenSession
) -> None:
    with cluster.connect() as admin:
        admin.execute("CREATE ROLE untracked LOGIN; ALTER ROLE untracked SET track_activities = off")
    session = open_session("web", "untracked")
    session.execute("SELECT 1")

    brought = collected(cluster.dsn(MONITOR))

    assert str(brought.missing["db.connections.active"]).startswith("absent: track_activities is off")


def test_too_many_of_our_own_sessions_stop_us(cluster: Cluster, open_session: OpenSession) -> None:
    for _ in range(3):
        open_session("fastdiag")
    brought = collected(cluster.dsn(MONITOR))
    assert "3 other sessions of fastdiag" in (brought.state.error or "")
    assert brought.state.hint
    assert set(brought.readings) == {"db.connections.refused", "db.unreachable"}


def test_our_own_session_ends_with_us(cluster: Cluster) -> None:
    assert collected(cluster.dsn(MONITOR)).state.status == "ok"
    with closing(cluster.connect()) as session:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fastdiag'"
        wait_until(lambda: session.execute(query).fetchone() == (0,), what="no session is left", within_s=5)


def test_a_database_without_an_encoding_is_read_like_any_other(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute(
            "CREATE DATABASE plain TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    try:
        with closing(cluster.connect(MONITOR, "plain")):
            brought = collected(cluster.dsn(MONITOR, "plain"))
    finally:
        cluster.drop_database("plain")
    assert brought.state.status == "ok"
    assert brought.parts("db.backends", database="plain", state="idle")


@pytest.mark.parametrize(
    ("address", "port", "client"),
    [("10.0.0.3", 41522, "10.0.0.3:41522"), ("fd00::3", 41522, "[fd00::3]:41522"), (None, -1, "local")],
)
def test_a_client_is_named_by_its_end_of_the_connection(address: str | None, port: int, client: str) -> None:
    assert replace(IDLE, client_addr=address, client_port=port).client == client


def test_the_client_of_a_hidden_session_is_hidden_and_not_local() -> None:
    hidden = replace(IDLE, backend_type=None, client_addr=None, client_port=None, state=None)
    assert (hidden.client, hidden.address) == ("hidden", "hidden")
