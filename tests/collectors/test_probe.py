"""The probe against services that answer, do not, or answer something strange."""

import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from fastdiag.collectors import probe, probe_headers
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import DEPOT, crowd, value, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.waiting import wait_until

DEADLINE_S: Final = 2.0
ANSWER: Final = b"HTTP/1.1 %d Something\r\nContent-Length: 0\r\n\r\n"


def ask(url: str | None, *, ports: tuple[int, ...] = (), deadline_s: float = DEADLINE_S) -> Gathered:
    """Probe a URL; ``ports`` are those on which the service itself is known to listen."""
    local = Local(kind="uvicorn", app=None, master=None, workers=(os.getpid(),), ports=ports)
    target = Target(app_url=url, deadline_s=deadline_s, local=local)
    (found,) = gather(target, shipped(), {"probe": probe.collect})
    return found


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("uvicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


@contextmanager
def answering(answer: Callable[[socket.socket], None], heard: list[bytes] | None = None) -> Iterator[int]:
    """Treat every client of a free port the same way, and note what each said, until the block is left."""
    said = [] if heard is None else heard
    with socket.create_server((LOOPBACK, 0)) as listener:
        ended = threading.Event()
        listener.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError), listener.accept()[0] as client:
                    client.settimeout(1)
                    said.append(client.recv(4096))
                    answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_a_free_loop_answers_at_once(uvicorn: AppServer) -> None:
    found = ask(uvicorn.url, ports=(uvicorn.port,))

    assert value(found, "probe.latency") < 0.25
    assert value(found, "probe.failures") == 0
    assert found.state.requests == probe.PROBES
    assert found.state.target == uvicorn.url
    assert value(found, "observability.request_ids") == 0
    assert value(found, "probe.server.date_skew") < 2


def test_a_blocked_loop_keeps_a_trivial_request_waiting(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/block?seconds=1", 1):
        found = ask(uvicorn.url, ports=(uvicorn.port,))
    wait_until(uvicorn.answers, what="the call ends", within_s=10)

    assert value(found, "probe.latency") > 0.3


def test_a_stopped_process_is_waited_for_and_not_longer_than_there_is_time(uvicorn: AppServer) -> None:
    os.kill(uvicorn.pid, signal.SIGSTOP)
    started = time.monotonic()
    found = ask(uvicorn.url, ports=(uvicorn.port,))
    took_s = time.monotonic() - started
    os.kill(uvicorn.pid, signal.SIGCONT)
    wait_until(uvicorn.answers, what="it goes on", within_s=10)

    assert took_s < DEADLINE_S
    assert value(found, "probe.failures") == 1
    assert 1 < value(found, "probe.latency") <= DEADLINE_S
    assert (found.readings["probe.latency"].bias or "").startswith("no answer within 1.")


def test_a_free_worker_answers_for_a_blocked_one_that_shares_its_socket(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app, crowd(app, "/block?seconds=1", 1):
        found = ask(app.url, ports=(app.port,))

    assert value(found, "probe.failures") < 1


def test_nobody_at_the_port_is_a_failure_with_words() -> None:
    found = ask(f"http://{LOOPBACK}:{free_port()}")

    assert value(found, "probe.failures") == 1
    assert why_missing(found, "probe.latency") == (Reason.FAILED, "connection refused")
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.hint == "is the service listening where --app-url points?"


def test_a_server_that_dribbles_is_given_up_in_time() -> None:
    def dribble(client: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK and so on and so forth":
            client.sendall(bytes([byte]))
            time.sleep(0.1)

    with answering(dribble) as port:
        started = time.monotonic()
        found = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.8)
        took_s = time.monotonic() - started

    assert took_s < 0.9
    assert value(found, "probe.failures") == 1


def test_only_the_first_line_of_an_endless_answer_is_waited_for() -> None:
    def flood(client: socket.socket) -> None:
        client.sendall(ANSWER % 404)
        for _ in range(1000):
            client.sendall(b"x" * 65536)

    with answering(flood) as port:
        found = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.8)

    assert value(found, "probe.failures") == 0
    assert value(found, "probe.latency") < 0.3


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1\r\n\r\n", b"\x15\x03\x01\n"])
def test_what_does_not_speak_http_is_no_answer(said: bytes) -> None:
    with answering(lambda client: client.sendall(said)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.8)

    assert value(found, "probe.failures") == 1
    assert why_missing(found, "probe.latency") == (Reason.FAILED, "no HTTP answer")


def test_hanging_up_is_no_answer() -> None:
    with answering(lambda client: client.shutdown(socket.SHUT_RDWR)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.8)

    assert why_missing(found, "probe.latency")[1] == "the connection was closed without an answer"


@pytest.mark.parametrize("status", [200, 307, 401, 404, 500])
def test_any_answer_of_the_service_itself_shows_that_its_loop_is_free(status: int) -> None:
    with answering(lambda client: client.sendall(ANSWER % status)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", ports=(port,), deadline_s=0.8)

    assert value(found, "probe.failures") == 0
    assert value(found, "probe.latency") < 0.3


def test_a_full_service_answers_fast_and_refuses() -> None:
    with answering(lambda client: client.sendall(ANSWER % 503)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", ports=(port,), deadline_s=0.8)

    assert value(found, "probe.failures") == 1
    assert value(found, "probe.latency") < 0.3


@pytest.mark.parametrize(
    ("status", "words"), [(302, "redirected"), (502, "a proxy answered"), (503, "a proxy")]
)
def test_what_a_proxy_may_have_said_is_no_latency_of_the_service(status: int, words: str) -> None:
    with answering(lambda client: client.sendall(ANSWER % status)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.8)

    assert value(found, "probe.failures") == 1
    assert words in why_missing(found, "probe.latency")[1]


def test_a_certificate_that_nobody_signed_is_no_obstacle(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=depot"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with (
        socket.create_server((LOOPBACK, 0)) as plain,
        context.wrap_socket(plain, server_side=True) as listener,
    ):

        def serve() -> None:
            with suppress(OSError):
                while True:
                    with listener.accept()[0] as client:
                        client.recv(4096)
                        client.sendall(ANSWER % 404)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        found = ask(f"https://{LOOPBACK}:{listener.getsockname()[1]}", deadline_s=0.8)

    assert value(found, "probe.failures") == 0
    assert value(found, "probe.latency") < 0.3


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"X-Request-ID: 7f3a", "x-request-id"),
        (b"x-correlation-id: 7f3a", "x-correlation-id"),
        (b"traceresponse: 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01", "traceresponse"),
        (b"Server-Timing: app;dur=2, traceparent;desc=00-0af7-01", "server-timing"),
    ],
)
def test_an_id_that_comes_back_is_named(line: bytes, name: str) -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n"
    with answering(lambda client: client.sendall(answer)) as port:
        direct = ask(f"http://{LOOPBACK}:{port}", ports=(port,), deadline_s=0.6)
        through = ask(f"http://{LOOPBACK}:{port}", deadline_s=0.6)

    assert value(direct, "observability.request_ids") == 1
    assert direct.readings["observability.request_ids"].by[0].labels == (("header", name),)
    assert direct.readings["observability.request_ids"].is_trusted
    assert "a proxy" in (through.readings["observability.request_ids"].bias or "")


@pytest.mark.parametrize(
    "line", [b"X-Request-ID:", b"Server-Timing: app;dur=2", b"Content-Type: x-request-id"]
)
def test_no_id_comes_back(line: bytes) -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n"
    with answering(lambda client: client.sendall(answer)) as port:
        found = ask(f"http://{LOOPBACK}:{port}", ports=(port,), deadline_s=0.6)

    assert value(found, "observability.request_ids") == 0
    assert why_missing(found, "probe.server.date_skew")[1] == "no answer has a Date header"


def test_headers_that_never_end_say_nothing_and_cost_no_latency() -> None:
    def drag_on(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 404 Not Found\r\nX-Request-ID: 7")
        client.recv(4096)

    with answering(drag_on) as port:
        found = ask(f"http://{LOOPBACK}:{port}", ports=(port,), deadline_s=0.8)

    assert value(found, "probe.failures") == 0
    assert value(found, "probe.latency") < 0.2
    assert why_missing(found, "observability.request_ids")[1] == "no answer had complete headers"


def test_the_probe_carries_ids_of_its_own_and_asks_for_no_trace() -> None:
    heard: list[bytes] = []
    with answering(lambda client: client.sendall(ANSWER % 404), heard) as port:
        ask(f"http://{LOOPBACK}:{port}", deadline_s=0.6)

    contexts = [
        line for request in heard for line in request.split(b"\r\n") if line.startswith(b"traceparent")
    ]
    assert len(set(contexts)) == len(heard)
    assert all(context.endswith(b"-00") for context in contexts)
    assert all(b"\r\nX-Request-ID: fastdiag-" in request for request in heard)


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),  # half a second ago, cut to the second
        ("Sun, 06 Nov 1994 08:49:35 GMT", 1.5),
        ("Sun, 06 Nov 1994 08:59:37 GMT", 599.5),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_clock_of_the_service_is_compared_to_the_second(date: str, skew_s: float | None) -> None:
    now = 784111777.5
    assert probe_headers.said({"date": date}, now).skew_s == skew_s


def test_credentials_in_the_url_are_neither_sent_nor_shown() -> None:
    heard: list[bytes] = []
    with answering(lambda client: client.sendall(ANSWER % 404), heard) as port:
        found = ask(f"http://alice:hunter2@{LOOPBACK}:{port}/shop/?token=hunter2", deadline_s=0.8)

    assert found.state.target == f"http://{LOOPBACK}:{port}"
    assert heard[0].startswith(b"GET /shop/.well-known/fastdiag-probe HTTP/1.1\r\n")
    assert b"hunter2" not in b"".join(heard)
    assert b"uthorization" not in b"".join(heard)
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://h:99999/", "ftp://h/", "http:///path"])
def test_what_is_no_url_is_said(url: str) -> None:
    found = ask(url)

    assert found.state.status is SourceStatus.FAILED
    assert found.state.error == "the URL of the service is none"


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 300, "\u00fc" * 80])
def test_a_host_that_nobody_knows_is_said(host: str) -> None:
    found = ask(f"http://{host}:8000", deadline_s=5)

    assert found.state.status is SourceStatus.FAILED
    assert (found.state.error or "").startswith("the host is not known here")


def test_an_address_of_ip_version_6_is_asked_too() -> None:
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        found = ask(f"http://[::1]:{port}", deadline_s=0.8)

        assert found.state.target == f"http://[::1]:{port}"
        assert value(found, "probe.failures") == 1
        return
    pytest.skip("this machine has no IPv6")


def test_no_url_is_a_skip() -> None:
    found = ask(None)

    assert found.state.status is SourceStatus.SKIPPED
    assert found.missing["probe.latency"].reason is Reason.NOT_CONFIGURED


def test_no_time_is_said() -> None:
    found = ask(f"http://{LOOPBACK}:1", deadline_s=0.2)

    assert found.missing["probe.latency"].reason is Reason.TIMED_OUT
