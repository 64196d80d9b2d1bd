"""What is told of a server whose answer is no HTTP, or only half of it."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from fastdiag.collectors.http_faults import MAX_QUOTED_CHARS, fault
from fastdiag.collectors.sink import SourceFailed
from tests.stack.ports import LOOPBACK

HEAD = b"HTTP/1.1 200 OK\r\n"


def asked(answer: bytes) -> SourceFailed:
    """Ask a server that answers so and hangs up."""

    def serve() -> None:
        client, _ = server.accept()
        with client:
            client.recv(4096)
            client.sendall(answer)

    with socket.create_server((LOOPBACK, 0)) as server:
        serving = threading.Thread(target=serve)
        serving.start()
        with pytest.raises(requests.RequestException) as caught:
            requests.get(f"http://{LOOPBACK}:{server.getsockname()[1]}/", timeout=10)
        serving.join()
    return fault(caught.value, 0.1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "no HTTP answer: remote end closed connection without response"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP answer: 'SSH-2.0-OpenSSH_9.2'"),
        (b"HTTP/1.1 many\r\n\r\n", "no HTTP answer: 'HTTP/1.1 many'"),
        (HEAD + b"Content-Length: 100\r\n\r\nabc", "the answer broke off after 3 of 100 bytes"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "the answer broke off"),
    ],
)
def test_what_came_instead_of_an_answer(answer: bytes, told: str) -> None:
    assert asked(answer).detail == told


def test_foreign_text_is_quoted_and_cut() -> None:
    detail = asked(b"\x1b[31m[bold]" * 3000 + b"\n").detail
    assert "\x1b" not in detail
    assert len(detail) < 4 * MAX_QUOTED_CHARS
