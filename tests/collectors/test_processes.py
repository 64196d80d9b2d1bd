"""Requests, calls and statements, as the sockets of real servers show them."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from fastdiag.collectors.processes.peers import BROKER_PORTS, DATABASE_PORTS, TELEMETRY_PORTS
from fastdiag.host.proc import Proc
from fastdiag.host.sockets import SocketTable, tcp_sockets
from tests.collectors.watching import DEPOT, SLOW_S, crowd, parts, value, watch
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.postgres import Cluster
from tests.stack.processes import running
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
CROWD: Final = 7


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("uvicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("gunicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.GUNICORN, workers=2) as app:
        yield app


@contextmanager
def silent(*ports: int) -> Iterator[int]:
    """Listen and never answer: the kernel completes the handshakes. Takes the first port that is free."""
    port = next(port for port in (*ports, 0) if not port or not is_listening(port))
    with socket.create_server((LOOPBACK, port), backlog=128) as listener:
        yield listener.getsockname()[1]


@contextmanager
def talkative() -> Iterator[int]:
    """Say something first to everybody who connects, and then keep quiet."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        greeted = []

        def greet() -> None:
            client, _ = listener.accept()
            client.sendall(b"!")
            greeted.append(client)

        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()
        for client in greeted:
            client.close()


@contextmanager
def stopped(app: AppServer) -> Iterator[None]:
    os.kill(app.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(app.pid, signal.SIGCONT)
        wait_until(app.answers, what="it goes on", within_s=10)


def test_requests_that_hang_on_one_process_are_counted_and_aged(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/hang", CROWD):
        found = watch(uvicorn.pid)

    assert value(found, "http.in_flight") == CROWD
    assert value(found, "http.stuck") == CROWD
    assert SLOW_S < value(found, "http.oldest") < 5
    assert parts(found, "http.in_flight", "worker") == {str(uvicorn.pid): CROWD}
    assert value(found, "external.waiting") == 0


def test_requests_that_hang_on_two_workers_are_told_apart(gunicorn: AppServer) -> None:
    with crowd(gunicorn, "/hang", 2 * CROWD):
        found = watch(gunicorn.pid)

    assert value(found, "http.in_flight") == 2 * CROWD
    assert value(found, "workers.count") == 2
    assert sum(parts(found, "http.in_flight", "worker").values()) == 2 * CROWD


def test_idle_connections_that_are_kept_alive_are_no_requests(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/fast", CROWD, until="answered"):
        found = watch(uvicorn.pid)

    assert value(found, "http.in_flight") == 0
    assert value(found, "http.stuck") == 0
    assert value(found, "http.oldest") == 0


def test_a_stream_of_events_and_a_client_that_does_not_read_are_no_stuck_requests(
    uvicorn: AppServer,
) -> None:
    with crowd(uvicorn, "/events", 2, until="answered"), crowd(uvicorn, "/big", 2, until="answered"):
        found = watch(uvicorn.pid)

    assert value(found, "http.in_flight") == 0


def test_websockets_that_only_answer_pings_are_no_requests_old_or_young(tmp_path: Path) -> None:
    program, port = str(DEPOT.with_name("heartbeats.py")), free_port()
    serve = [sys.executable, program, "serve", str(port)]
    with running(serve, name="serve", log=tmp_path / "serve") as server:
        server.wait_ready(lambda: is_listening(port))
        call = [sys.executable, program, "call", str(port), "30", "30", "1"]
        with running(call, name="call", log=tmp_path / "call"):
            wait_until(lambda: spoken_last(port) == 3, what="three clients spoke last", within_s=10)
            found = watch(server.pid)

    assert value(found, "http.in_flight") == 0
    assert value(found, "http.stuck") == 0
    assert "1 more connection may be busy or idle" in (found.readings["http.in_flight"].bias or "")


def test_what_fastdiag_itself_asks_is_not_counted(uvicorn: AppServer) -> None:
    own = [socket.create_connection((LOOPBACK, uvicorn.port)) for _ in range(CROWD)]
    for client in own:
        client.sendall(b"GET /hang HTTP/1.1\r\nHost: depot\r\n\r\n")
    found = watch(uvicorn.pid)
    for client in own:
        client.close()

    assert value(found, "http.in_flight") == 0


def test_calls_that_a_service_does_not_answer_are_external(uvicorn: AppServer) -> None:
    with silent() as port, crowd(uvicorn, f"/call?port={port}", CROWD):
        found = watch(uvicorn.pid)

    assert value(found, "external.waiting") == CROWD
    assert value(found, "external.stuck") == CROWD
    assert value(found, "external.oldest") > SLOW_S
    assert parts(found, "external.stuck", "remote") == {f"{LOOPBACK}:{port}": CROWD}
    assert "db.sockets" not in found.readings


def test_statements_of_a_postgresql_on_any_port_are_no_calls(
    uvicorn: AppServer, postgres_server: Cluster
) -> None:
    with crowd(uvicorn, f"/query?seconds=2.5&dsn={postgres_server.dsn()}", 3):
        wait_until(
            lambda: uvicorn.connections_to(postgres_server.port) == 3, what="three queries run", within_s=10
        )
        found = watch(uvicorn.pid)
        wait_until(
            lambda: not uvicorn.connections_to(postgres_server.port), what="the queries end", within_s=10
        )

    assert value(found, "db.sockets.waiting") == 3
    assert value(found, "db.sockets.stuck") == 3
    assert value(found, "external.waiting") == 0
    assert {dict(part.labels)["remote"] for part in found.readings["db.sockets"].by} == {
        f"{LOOPBACK}:{postgres_server.port}"
    }


def test_a_database_is_known_by_the_port_of_its_dsn(uvicorn: AppServer) -> None:
    with silent() as port, crowd(uvicorn, f"/call?port={port}", 3):
        found = watch(uvicorn.pid, databases=[("db.internal", port)])

    assert value(found, "db.sockets.stuck") == 3
    assert value(found, "external.waiting") == 0


def test_a_database_is_known_by_its_registered_port(uvicorn: AppServer) -> None:
    with silent(*DATABASE_PORTS) as port, crowd(uvicorn, f"/call?port={port}", 3):
        found = watch(uvicorn.pid)

    assert value(found, "db.sockets.stuck") == 3
    assert value(found, "external.waiting") == 0


def test_waiting_for_a_broker_or_an_agent_is_no_slow_answer(uvicorn: AppServer) -> None:
    with (
        silent(*BROKER_PORTS) as broker,
        silent(*TELEMETRY_PORTS) as agent,
        crowd(uvicorn, f"/call?port={broker}", 3),
        crowd(uvicorn, f"/call?port={agent}", 2),
    ):
        found = watch(uvicorn.pid)

    assert value(found, "external.waiting") == 0
    assert "db.sockets" not in found.readings
    held = parts(found, "process.sockets", "remote")
    assert (held[f"{LOOPBACK}:{broker}"], held[f"{LOOPBACK}:{agent}"]) == (3, 2)


def test_a_log_shipper_waits_for_no_answer(uvicorn: AppServer) -> None:
    with silent() as port:
        httpx.get(f"{uvicorn.url}/ship?port={port}").raise_for_status()
        found = watch(uvicorn.pid)

        assert value(found, "external.waiting") == 0
        assert parts(found, "process.sockets", "remote")[f"{LOOPBACK}:{port}"] == 1


def test_an_idle_connection_on_which_the_service_spoke_last_is_no_call(uvicorn: AppServer) -> None:
    with talkative() as port:
        httpx.get(f"{uvicorn.url}/greet?port={port}").raise_for_status()
        found = watch(uvicorn.pid)

        assert value(found, "external.waiting") == 0
        assert value(found, "external.oldest") == 0


def test_the_accept_queue_of_a_stopped_process_is_seen_to_its_length(uvicorn: AppServer) -> None:
    with stopped(uvicorn), crowd(uvicorn, "/fast", 9):
        found = watch(uvicorn.pid)

    assert value(found, "server.backlog") == 9
    assert value(found, "http.in_flight") == 9
    assert parts(found, "http.in_flight", "worker") == {"accept queue": 9}
    assert value(found, "server.backlog.limit") == 2048


def test_probes_of_our_own_are_not_counted_in_the_accept_queue(uvicorn: AppServer) -> None:
    with stopped(uvicorn):
        own = [socket.create_connection((LOOPBACK, uvicorn.port)) for _ in range(4)]
        found = watch(uvicorn.pid)
        for client in own:
            client.close()

    assert value(found, "server.backlog") == 0


def spoken_last(port: int) -> int:
    """Return how many clients of a port spoke last, and have kept quiet since."""
    table = tcp_sockets(Proc())
    assert isinstance(table, SocketTable)
    ours = [row for row in table.sockets if row.local.port == port and row.awaiting_us]
    return sum((row.last_received_s or 0) > SLOW_S for row in ours)
