"""Whatever goes wrong with a connection is told clearly, in time, and without a secret."""

import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from fastdiag.collectors.gather import gather
from fastdiag.collectors.libpq.failure import Failure, from_answer, from_text
from fastdiag.collectors.libpq.startup_probe import Answer, Outcome
from fastdiag.collectors.postgres import collect
from fastdiag.discovery.steps import steps_for
from fastdiag.model.target import Secret, Target
from tests.collectors.black_hole import black_hole
from tests.collectors.postgres.collecting import Brought, catalogue, collected
from tests.collectors.postgres.conftest import filled
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import APPLICATION, MONITOR, VISITOR, Cluster
from tests.stack.waiting import wait_until

SSL_REQUEST = struct.pack("!i", 80877103)
PASSWORD = "hunter2-very-secret"  # noqa: S105 - guards nothing


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process as a debugger or a frozen machine does, and let it go on afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def answering(reply: Callable[[bytes], bytes]) -> Iterator[int]:
    """Listen, and answer what each client sends, until it hangs up or there is nothing to answer."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while (request := connection.recv(4096)) and (answer := reply(request)):
                connection.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with closing(socket.create_server((LOOPBACK, 0))) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def german(sqlstate: str, request: bytes) -> bytes:
    """Answer a start-up message with an error; TLS is not offered."""
    if request[4:8] == SSL_REQUEST:
        return b"N"
    fields = {"S": "FATAL", "V": "FATAL", "C": sqlstate, "M": GERMAN[sqlstate], "R": "ProcessStartupPacket"}
    body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


def asking_for_a_password(request: bytes) -> bytes:
    """Ask for a password in plain text, and refuse what is sent."""
    if request[:1] == b"p":
        return german("28P01", request)
    return b"N" if request[4:8] == SSL_REQUEST else b"R" + struct.pack("!ii", 8, 3)


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
    assert brought.value("db.unreachable") == 1


def test_where_only_we_look_for_a_database_nothing_is_said_of_the_service(cluster: Cluster) -> None:
    """A wrong port, password or database of the DSN that we were given: the service has its own."""
    wrong = [
        f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{free_port()}/shop",
        f"postgresql://{APPLICATION}:{PASSWORD}@{LOOPBACK}:{cluster.port}/postgres",
        cluster.dsn(MONITOR, "ordres"),
    ]
    for dsn in wrong:
        brought = collected(dsn, is_own=False)
        assert not brought.readings
        assert brought.state.status == "failed"
    brought = collected(wrong[0], is_own=False)
    assert brought.missing["db.unreachable"].reason == "failed"
    assert "only fastdiag is known to look" in brought.missing["db.unreachable"].detail


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
    assert brought.value("db.unreachable") == 0  # it is there, and says no
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


def test_the_limit_of_a_database_is_no_evidence_for_a_full_server(cluster: Cluster, database: str) -> None:
    with cluster.connect() as session:
        session.execute(f"ALTER DATABASE {database} CONNECTION LIMIT 0".encode())
    brought = collected(cluster.dsn(MONITOR, database))
    assert not brought.readings
    assert "not max_connections" in told(brought)


def test_a_server_that_shuts_down_is_unreachable(small_cluster: Cluster) -> None:
    """It waits for its last client, and takes no new one."""
    with closing(small_cluster.connect()):
        os.kill(small_cluster.server.pid, signal.SIGTERM)
        wait_until(lambda: not small_cluster.answers(), what="it takes nobody", within_s=5)
        brought = collected(small_cluster.dsn(MONITOR))
    assert "starting up, recovering or shutting down" in told(brought)
    assert (brought.value("db.unreachable"), brought.readings["db.unreachable"].is_trusted) == (1, True)
    assert "db.connections.refused" not in brought.readings


def test_a_server_that_says_that_it_is_not_ready_is_believed_whoever_named_it(small_cluster: Cluster) -> None:
    with closing(small_cluster.connect()):
        os.kill(small_cluster.server.pid, signal.SIGTERM)
        wait_until(lambda: not small_cluster.answers(), what="it takes nobody", within_s=5)
        brought = collected(small_cluster.dsn(MONITOR), is_own=False)
    assert brought.value("db.unreachable") == 1


def test_a_server_without_tls_refuses_a_dsn_that_demands_it(cluster: Cluster) -> None:
    brought = collected(cluster.dsn(MONITOR) + "?sslmode=require")
    assert brought.missing["db.latency"].reason == "failed"
    assert "no agreement on TLS" in told(brought)
    assert "sslmode" in told(brought)


def test_a_host_that_drops_every_packet_times_out() -> None:
    with black_hole() as port:
        brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{port}/shop")
    assert brought.missing["db.latency"].reason == "timed out"
    unreachable = brought.readings["db.unreachable"]
    assert (unreachable.value, unreachable.is_trusted) == (1, False)  # perhaps a firewall, only for us


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"R\x00\x00"])
def test_what_is_no_postgresql_is_told(reply: bytes) -> None:
    """A web server, a port that hangs up, and answers that end too early."""
    with answering(lambda _: reply) as port:
        brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{port}/shop")
    assert brought.missing["db.latency"].reason == "failed"
    assert "no PostgreSQL server" in told(brought)
    assert not brought.readings
    assert PASSWORD not in brought.everything_said()


GERMAN = {
    "53300": "tut mir leid, schon zu viele Verbindungen",
    "57P03": "das Datenbanksystem startet",
    "28P01": "Passwort-Authentifizierung f\u00fcr Benutzer \u00bbshop\u00ab fehlgeschlagen",
}


@pytest.mark.parametrize(
    ("sqlstate", "word", "readings"),
    [
        ("53300", "no free slot", {"db.connections.refused": 1, "db.unreachable": 0}),
        ("57P03", "starting up", {"db.unreachable": 1}),
        ("28P01", "did not accept user and password", {}),
    ],
)
def test_a_server_that_speaks_german_is_understood(
    sqlstate: str, word: str, readings: dict[str, float]
) -> None:
    """Its SQLSTATE is not translated; libpq does not tell it, so the probe asks again."""
    with answering(lambda request: german(sqlstate, request)) as port:
        brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{port}/shop")
    assert word in told(brought)
    assert GERMAN[sqlstate] in told(brought)
    assert {name: reading.value for name, reading in brought.readings.items()} == readings


def test_a_log_in_that_is_refused_in_german_says_what_to_look_at() -> None:
    """Behind the request for a password the probe does not get: which of the reasons it is stays open."""
    with answering(asking_for_a_password) as port:
        brought = collected(f"postgresql://shop:{PASSWORD}@{LOOPBACK}:{port}/shop")
    assert brought.missing["db.latency"].reason == "denied"
    assert "asked for a password and then refused" in told(brought)
    assert PASSWORD not in brought.everything_said()


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


def test_what_a_server_says_is_never_told_as_something_to_run() -> None:
    """Whoever answers at the port of a database could else have its SQL run by an administrator."""
    injected = "GRANT pg_monitor TO mallory;"

    def refusal(request: bytes) -> bytes:
        if request[4:8] == SSL_REQUEST:
            return b"N"
        fields = {"S": "FATAL", "V": "FATAL", "C": "28000", "M": f"not permitted to log in: {injected}"}
        body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items()) + b"\0"
        return b"E" + struct.pack("!i", len(body) + 4) + body

    with answering(refusal) as port:
        target = Target(postgres=Secret(f"postgresql://shop@{LOOPBACK}:{port}/shop"), deadline_s=3.0)
        (found,) = gather(target, catalogue(), {"postgres": collect})
    assert "GRANT pg_monitor TO mallory" in (found.state.error or "")
    steps = list(steps_for(found, target, catalogue(), frozenset()))
    assert steps
    assert not any(injected in step.do or step.is_exact for step in steps)
