"""Whatever goes wrong with a connection is told clearly, in time, and without a secret."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from fastdiag.collectors.postgres.failure import Failure, from_answer, from_text
from fastdiag.collectors.postgres.startup_probe import Answer, Outcome
from tests.collectors.postgres.collecting import Brought, collected
from tests.collectors.postgres.conftest import filled
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import APPLICATION, MONITOR, VISITOR, Cluster
from tests.stack.waiting import wait_until

PASSWORD = "hunter2-very-secret"  # noqa: S105 - guards nothing


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process as a debugger or a frozen machine does, and let it go on afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def told(brought: Brought) -> str:
    return f"{brought.state.error}\n{brought.state.hint}"


def test_a_wrong_password_is_denied(cluster: Cluster) -> None:
    brought = collected(f"postgresql://{APPLICATION}:{PASSWORD}@{LOOPBACK}:{cluster.port}/postgres")
    assert brought.missing["db.connections.active"].reason == "denied"
    assert 'password authentication failed for user "shop"' in told(brought)
    assert "percent-encoded" in told(brought)
    assert not brought.readings


def test_an_unknown_role_is_denied(cluster: Cluster) -> None:
    brought = collected(f"postgresql://nobody-knows:{PASSWORD}@{LOOPBACK}:{cluster.port}/postgres")
    assert brought.missing["db.connections.active"].reason == "denied"
    assert 'role "nobody-knows" does not exist' in told(brought)


def test_an_unknown_database_is_named(cluster: Cluster) -> None:
    brought = collected(cluster.dsn(MONITOR, "ordres"))
    assert brought.missing["db.connections.active"].reason == "failed"
    assert 'database "ordres" does not exist' in told(brought)


def test_nothing_listens() -> None:
    brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{free_port()}/shop")
    assert brought.missing["db.latency"].reason == "failed"
    assert "nothing listens there" in told(brought)


def test_an_unknown_host() -> None:
    brought = collected(f"postgresql://shop:{PASSWORD}@no-such-host.invalid/shop")
    assert brought.missing["db.latency"].reason == "failed"
    assert "cannot be resolved" in told(brought)


def test_another_database_server(cluster: Cluster) -> None:
    brought = collected(f"mysql+pymysql://shop:{PASSWORD}@{LOOPBACK}:{cluster.port}/shop")
    assert "starts with mysql://" in told(brought)
    assert "postgresql://" in told(brought)


def test_something_that_accepts_and_stays_silent_times_out() -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as listener:
        port = listener.getsockname()[1]
        brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{port}/shop")
    assert brought.missing["db.latency"].reason == "timed out"
    assert "accepts connections but does not answer" in told(brought)


def test_a_full_server_is_evidence(small_cluster: Cluster) -> None:
    with filled(small_cluster, VISITOR, 5):
        brought = collected(small_cluster.dsn(MONITOR))
    assert brought.value("db.connections.refused") == 1
    assert brought.missing["db.connections.active"].reason == "failed"
    assert "the server has no free slot" in brought.missing["db.connections.active"].detail
    assert "pg_use_reserved_connections" in told(brought)


def test_a_server_full_to_the_last_reserved_slot_is_evidence(small_cluster: Cluster) -> None:
    with filled(small_cluster, "postgres", 8):
        brought = collected(small_cluster.dsn(MONITOR))
    assert brought.value("db.connections.refused") == 1


def test_the_limit_of_a_role_is_no_evidence_for_a_full_server(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 0")
    brought = collected(cluster.dsn("narrow"))
    assert "db.connections.refused" not in brought.readings
    assert "not max_connections" in told(brought)


def test_a_stopped_server_is_told_in_time(small_cluster: Cluster) -> None:
    with stopped(small_cluster.server.pid):
        brought = collected(small_cluster.dsn(MONITOR))
    assert brought.missing["db.latency"].reason == "timed out"
    assert "accepts connections but does not answer" in told(brought)


def test_a_session_that_stops_in_the_middle_keeps_its_first_sample(small_cluster: Cluster) -> None:
    """The gap between the samples is the time to stop the server process that serves us."""
    brought: list[Brought] = []
    ours = threading.Thread(
        target=lambda: brought.append(collected(small_cluster.dsn(MONITOR), deadline_s=5)), daemon=True
    )
    with closing(small_cluster.connect()) as session:
        session.execute("BEGIN")
        with closing(small_cluster.connect()) as watch:
            query = (
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'fastdiag'"
                " AND state = 'idle' AND query LIKE '%AS answer%'"
            )
            pids: list[int] = []

            def is_between_the_samples() -> bool:
                pids.extend(int(str(row[0])) for row in watch.execute(query).fetchall())
                return bool(pids)

            ours.start()
            wait_until(is_between_the_samples, what="the first sample is taken", within_s=5, every_s=0.01)
            with stopped(pids[0]):
                ours.join(20)

    (found,) = brought
    assert "stopped answering in the middle" in told(found)
    assert found.state.status == "partial"
    assert found.value("db.connections.idle_in_transaction") == 1
    assert found.readings["db.backends"].is_trusted is False
    assert found.missing["db.locks.behind_one"].reason == "timed out"


def test_a_session_that_is_terminated_says_so(small_cluster: Cluster) -> None:
    brought: list[Brought] = []
    ours = threading.Thread(target=lambda: brought.append(collected(small_cluster.dsn(MONITOR))), daemon=True)
    with closing(small_cluster.connect()) as admin:
        ours.start()
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'fastdiag' AND state = 'idle' AND query LIKE '%AS answer%'"
        )
        wait_until(
            lambda: bool(admin.execute(query).fetchall()), what="it is terminated", within_s=5, every_s=0.01
        )
        ours.join(20)
    assert "the session was lost" in told(brought[0])
    assert brought[0].value("db.connections.refused") == 0


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://shop:{password}@{host}:{port}/postgres",
        "postgresql+asyncpg://shop:{password}@{host}:{port}/postgres?ssl=require",
        "host={host} port={port} user=shop password={password} dbname=postgres sslmode=nonsense",
        "host={host} port={port} user=shop password={password} dbname=postgres nonsense=1",
        "host={host} port=x user=shop password={password} dbname=postgres",
        "host={host} port={port} user=shop password='{password} dbname=postgres",
        "host={host} port={port} user=shop {password} dbname=postgres",
        "postgresql://shop:{password}@{host}:{port}x/postgres",
        "postgresql://shop:{password}?x@{host}:{port}/postgres",
        "oracle://shop:{password}@{host}/postgres",
    ],
)
def test_no_message_holds_the_password(cluster: Cluster, dsn: str) -> None:
    brought = collected(dsn.format(password=PASSWORD, host=LOOPBACK, port=cluster.port))
    assert brought.state.status == "failed"
    assert brought.state.hint
    assert PASSWORD not in brought.everything_said()
    assert "defect of fastdiag" not in told(brought)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(outcome=Outcome.REFUSED, sqlstate="53300", routine="InitPostgres"), Failure.FULL),
        (Answer(outcome=Outcome.REFUSED, sqlstate="53300", routine="InitProcess"), Failure.FULL),
        (Answer(outcome=Outcome.REFUSED, sqlstate="53300", routine="CheckMyDatabase"), Failure.OWN_LIMIT),
        (Answer(outcome=Outcome.REFUSED, sqlstate="57P03"), Failure.NOT_READY),
        (Answer(outcome=Outcome.REFUSED, sqlstate="XX000"), Failure.OTHER),
        (Answer(outcome=Outcome.ADMITTED), Failure.OTHER),
    ],
)
def test_what_the_probe_was_told_needs_no_english(answer: Answer, failure: Failure) -> None:
    assert from_answer(answer) is failure


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("FATAL:  sorry, too many clients already", Failure.FULL),
        ('remaining connection slots are reserved for roles with the "pg_use_reserved" role', Failure.FULL),
        ("remaining connection slots are reserved for roles with the SUPERUSER attribute", Failure.FULL),
        ('FATAL:  too many connections for database "shop"', Failure.OWN_LIMIT),
        ("FATAL:  unsupported startup parameter: options", Failure.NO_OPTIONS),
        ("FATAL:  the database system is in recovery mode", Failure.NOT_READY),
        ("server does not support SSL, but SSL was required", Failure.TLS),
        ("FATAL:  tut mir leid, schon zu viele Verbindungen", Failure.OTHER),
    ],
)
def test_the_texts_of_servers_are_known(text: str, failure: Failure) -> None:
    said = f'connection failed: connection to server at "10.0.0.1", port 5432 failed: {text}'
    assert from_text(said) is failure
