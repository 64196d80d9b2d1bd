"""The probe without credentials: a full server is told from one that refuses for other reasons."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from fastdiag.collectors.libpq.startup_probe import Outcome, probe
from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import filled
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import APPLICATION, MONITOR, SUPERUSER, VISITOR, Cluster


@contextmanager
def answering(reply: bytes | None) -> Iterator[int]:
    """Listen, give everyone the same reply and hang up; None: accept and stay silent."""
    with closing(socket.create_server((LOOPBACK, 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(reply or b"")

        if reply is not None:
            threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_a_server_that_asks_for_a_password_admits(cluster: Cluster) -> None:
    answer = probe(LOOPBACK, cluster.port, within_s=2, user=APPLICATION)
    assert (answer.outcome, answer.is_session, answer.is_full) == (Outcome.ADMITTED, False, False)


def test_a_server_that_trusts_opens_a_session(cluster: Cluster) -> None:
    answer = probe(LOOPBACK, cluster.port, within_s=2, user=MONITOR)
    assert (answer.outcome, answer.is_session) == (Outcome.ADMITTED, True)


def test_an_unknown_role_is_refused_by_a_server_that_is_not_full(cluster: Cluster) -> None:
    answer = probe(LOOPBACK, cluster.port, within_s=2, user="nobody-knows")
    assert (answer.outcome, answer.sqlstate, answer.is_full) == (Outcome.REFUSED, "28000", False)


def test_a_full_server_says_so_to_whoever_asks(small_cluster: Cluster) -> None:
    with filled(small_cluster, SUPERUSER, 8):
        answer = probe(LOOPBACK, small_cluster.port, within_s=2, user="nobody-knows")
        brought = collected(None, endpoints=((LOOPBACK, small_cluster.port),))
    assert (answer.outcome, answer.is_full) == (Outcome.REFUSED, True)
    assert brought.value("db.connections.refused") == 1


def test_a_server_with_only_reserved_slots_left_is_full(small_cluster: Cluster) -> None:
    with filled(small_cluster, VISITOR, 5):
        answer = probe(LOOPBACK, small_cluster.port, within_s=2, user=VISITOR)
    assert answer.is_full


def test_the_limit_of_a_role_is_not_the_limit_of_the_server(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute("CREATE ROLE limited LOGIN CONNECTION LIMIT 0")
    answer = probe(LOOPBACK, cluster.port, within_s=2, user="limited")
    assert (answer.sqlstate, answer.is_full) == ("53300", False)


def test_reserved_slots_are_not_taken_for_free_ones(small_cluster: Cluster) -> None:
    with filled(small_cluster, VISITOR, 5):
        brought = collected(None, endpoints=((LOOPBACK, small_cluster.port),))
    assert "db.connections.refused" in brought.missing
    assert "db.connections.refused" not in brought.readings


def test_without_a_dsn_the_other_signals_are_not_configured(cluster: Cluster) -> None:
    brought = collected(None, endpoints=((LOOPBACK, cluster.port),))
    assert str(brought.missing["db.locks.waiting"]) == "not configured: postgres: no DSN is known"
    assert "--postgres DSN" in (brought.state.hint or "")


def test_without_a_dsn_and_an_endpoint_there_is_nothing_to_do() -> None:
    brought = collected(None)
    assert (brought.state.status, brought.state.requests) == ("skipped", 0)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (None, Outcome.SILENT),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Outcome.FOREIGN),
        (b"", Outcome.FOREIGN),
        (b"R\x00\x00\x00\x04", Outcome.FOREIGN),  # an authentication request without its code
        (b"E\x7f\xff\xff\xff", Outcome.FOREIGN),
        (b"N\x00\x00\x00\x04" * 100, Outcome.FOREIGN),
        (b"E\x00\x00\x00\x05\x00", Outcome.REFUSED),
        (b"Ecould not fork new process for connection\n\x00", Outcome.FOREIGN),
    ],
)
def test_what_is_no_postgresql_is_told_apart(reply: bytes | None, outcome: Outcome) -> None:
    with answering(reply) as port:
        answer = probe(LOOPBACK, port, within_s=0.5)
    assert (answer.outcome, answer.is_full) == (outcome, False)


def test_an_endpoint_that_stays_silent_is_no_free_slot() -> None:
    with answering(None) as port:
        brought = collected(None, endpoints=((LOOPBACK, port),))
    assert brought.missing["db.connections.refused"].reason == "timed out"
    assert set(brought.readings) == {"db.unreachable"}
    assert not brought.readings["db.unreachable"].is_trusted  # perhaps only from here


def test_nothing_listens() -> None:
    assert probe(LOOPBACK, free_port(), within_s=1).outcome is Outcome.UNREACHABLE


def test_no_unix_socket_there(tmp_path: object) -> None:
    assert probe(str(tmp_path), 5432, within_s=1).outcome is Outcome.UNREACHABLE
