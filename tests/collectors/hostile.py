"""A server that answers in every wrong way: the first part of the path says in which."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.stack.ports import LOOPBACK

LONGEST_S: Final = 20.0
HUGE_BYTES: Final = 40_000_000
_CHUNK: Final = b"x" * 65536


@dataclass(slots=True)
class Hostile:
    """A running hostile server; ``authorizations`` are the headers that clients sent."""

    port: int
    released: threading.Event = field(default_factory=threading.Event)
    authorizations: list[str | None] = field(default_factory=list)
    sent_bytes: int = 0

    def url(self, behaviour: str) -> str:
        """Return the base URL under which the server behaves so."""
        return f"http://{LOOPBACK}:{self.port}/{behaviour}"


@contextmanager
def hostile() -> Iterator[Hostile]:
    """Serve on a free loopback port until the block is left."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    state = Hostile(port=server.server_address[1])
    server.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def state(self) -> Hostile:
        found: Hostile = self.server.state  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        self.state.authorizations.append(self.headers["Authorization"])
        behaviour = urlsplit(self.path).path.split("/")[1]
        with suppress(BrokenPipeError, ConnectionResetError):
            _BEHAVIOURS[behaviour](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Say nothing."""

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


def _login_page(handler: _Handler) -> None:
    handler.answer(200, b"<!doctype html><title>Sign in</title>", "text/html; charset=utf-8")


def _redirect(handler: _Handler) -> None:
    handler.answer(302, b"", Location="http://login.example.com/sso?token=hunter2")


def _truncated(handler: _Handler) -> None:
    handler.answer(200, b'{"status":"success","data":{"resultType":"vector","resu')


def _broken_off(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"# TYPE up gauge\n")
    handler.close_connection = True


def _huge(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(HUGE_BYTES))
    handler.end_headers()
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        handler.wfile.write(_CHUNK)
        handler.state.sent_bytes += len(_CHUNK)


def _black_hole(handler: _Handler) -> None:
    handler.state.released.wait(LONGEST_S)
    handler.close_connection = True


def _dribble(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until and not handler.state.released.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def _not_json(handler: _Handler) -> None:
    handler.answer(200, b'{"unexpected": ["shape"]}')


def _query_error(handler: _Handler) -> None:
    said = {"status": "error", "errorType": "execution", "error": "query timed out in expression evaluation"}
    handler.answer(503, json.dumps(said).encode())


def _partial(handler: _Handler) -> None:
    """Answer as a Thanos does when one of its stores is away: little, and with a warning."""
    remarks = {
        "warnings": ["store 10.0.0.7 is unavailable"],
        "infos": ["PromQL info: metric might not be a counter, name does not end in _total"],
    }
    _tiny_prometheus(handler, remarks)


def _half_broken(handler: _Handler) -> None:
    """Answer some queries and refuse others."""
    if "process_open_fds{" in _query(handler):
        said = {"status": "error", "errorType": "execution", "error": "too many samples"}
        handler.answer(422, json.dumps(said).encode())
    else:
        _tiny_prometheus(handler, {})


def _tiny_prometheus(handler: _Handler, remarks: dict[str, list[str]]) -> None:
    """Know a job with two gauges of 4096."""
    query = _query(handler)
    names = ("process_resident_memory_bytes", "process_open_fds")
    metrics = (
        [{"__name__": name, "job": "shop"} for name in names]
        if query.startswith("group by (__name__")
        else [{}]
    )
    value = "1700000000" if "time()" in query else "4096"
    result = [{"metric": metric, "value": [1.7e9, value]} for metric in metrics]
    if "resets" in query or "up{" in query:
        result = []
    said = {"status": "success", "data": {"resultType": "vector", "result": result}} | remarks
    handler.answer(200, json.dumps(said).encode())


def _query(handler: _Handler) -> str:
    return parse_qs(urlsplit(handler.path).query)["query"][0]


def _gone(handler: _Handler) -> None:
    handler.answer(404, b"404 page not found", "text/plain")


_BEHAVIOURS: Final[dict[str, Callable[[_Handler], None]]] = {
    "login": _login_page,
    "redirect": _redirect,
    "truncated": _truncated,
    "broken-off": _broken_off,
    "huge": _huge,
    "black-hole": _black_hole,
    "dribble": _dribble,
    "not-json": _not_json,
    "query-error": _query_error,
    "partial": _partial,
    "half-broken": _half_broken,
    "gone": _gone,
    "forbidden": lambda handler: handler.answer(403, b"no"),
    "unauthorized": lambda handler: handler.answer(401, b"no"),
    "broken": lambda handler: handler.answer(500, b"Internal Server Error", "text/plain"),
}
