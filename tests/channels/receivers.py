"""A web server that takes what is sent to it, and answers as a test scripts it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastdiag.model.notify import Message, WebPlace, Why
from fastdiag.model.target import Access, Secret
from tests.stack.ports import LOOPBACK

LONGEST_S = 20.0
MESSAGE = Message(
    id="6a1f",
    why=Why.NEWS,
    service="shop-api",
    status=None,
    subject="CRITICAL shop-api: the pool is exhausted",
    news=("the status was ok and is critical",),
    text="the status was ok and is critical\n- latency is high",
    screen="CRITICAL  shop-api: the pool is exhausted\n",
    markdown="# CRITICAL: shop-api\n",
    document='{"schema": 1}',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server answers; one that ``holds`` says nothing until the test is over."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: bool = False
    trickles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass(slots=True)
class Receiver:
    """A running server; it gives its answers in turn, and the last one again and again."""

    port: int
    scheme: str
    answers: list[Answer]
    arrived: list[Arrived] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook") -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}{path}"

    def place(self, path: str = "/hook", access: Access | None = None) -> WebPlace:
        return WebPlace(url=Secret(self.url(path)), access=access or Access())


@contextmanager
def receiver(*answers: Answer, certificate: Path | None = None) -> Iterator[Receiver]:
    """Serve on a free loopback port until the block is left; over TLS with a file of certificate and key."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    scheme = "https" if certificate else "http"
    state = Receiver(port=server.server_address[1], scheme=scheme, answers=list(answers) or [Answer()])
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def _take(self) -> None:
        state: Receiver = self.server.state  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        state.arrived.append(Arrived(method=self.command, path=self.path, headers=headers, body=body))
        answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
        if answer.holds:
            state.released.wait(LONGEST_S)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if answer.trickles:
            self._trickle(answer.body, state.released)
        else:
            self.wfile.write(answer.body)

    def _trickle(self, body: bytes, released: threading.Event) -> None:
        for byte in body:
            if released.wait(0.1):
                return
            self.wfile.write(bytes([byte]))

    do_POST = do_PUT = do_DELETE = do_GET = _take  # noqa: N815 - the names are the library's

    def log_message(self, *_: object) -> None:
        """Say nothing."""
