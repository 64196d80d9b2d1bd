"""A server that answers in every wrong way: the first part of the path says in which."""

import json
import re
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.stack.ports import LOOPBACK

LONGEST_S: Final = 20.0
HUGE_BYTES: Final = 40_000_000
_CHUNK: Final = b"x" * 65536


@dataclass(slots=True)
class Hostile:
    """A running hostile server.

    authorizations  what clients sent under that name
    tenants         likewise under X-Scope-OrgID
    queries         the parameters of what they asked
    """

    port: int
    scheme: str = "http"
    released: threading.Event = field(default_factory=threading.Event)
    authorizations: list[str | None] = field(default_factory=list)
    tenants: list[str | None] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    sent_bytes: int = 0

    def url(self, behaviour: str) -> str:
        """Return the base URL under which the server behaves so."""
        return f"{self.scheme}://{LOOPBACK}:{self.port}/{behaviour}"


@contextmanager
def hostile(certificate: Path | None = None) -> Iterator[Hostile]:
    """Serve on a free loopback port until the block is left; over TLS with a file of certificate and key."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    state = Hostile(port=server.server_address[1], scheme="https" if certificate else "http")
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
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


def self_signed(directory: Path) -> Path:
    """Return a new file with a key and a certificate for loopback that no authority has signed."""
    path = directory / "self-signed.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    alternative = f"subjectAltName=IP:{LOOPBACK}"
    command = [*made.split(), "-addext", alternative, "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + (directory / "self-signed.pem.crt").read_text())
    return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def state(self) -> Hostile:
        found: Hostile = self.server.state  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        self.state.authorizations.append(self.headers["Authorization"])
        self.state.tenants.append(self.headers["X-Scope-OrgID"])
        self.state.queries.append(parse_qs(urlsplit(self.path).query))
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


def _vmcluster(handler: _Handler) -> None:
    """Answer as a VictoriaMetrics cluster does when one of its stores is away."""
    _tiny_prometheus(handler, {"isPartial": True})


def _endless(handler: _Handler) -> None:
    """Send series without an end, packed: each answer grows a thousandfold when it is unpacked."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    packed = zlib.compressobj(9, wbits=31)
    handler.wfile.write(packed.compress(b'{"status":"success","data":{"resultType":"vector","result":['))
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        handler.wfile.write(packed.compress(b" " * len(_CHUNK)))
    handler.close_connection = True


def _not_finite(handler: _Handler) -> None:
    """Know two gauges, of which one is infinite and the other no number."""
    _tiny_prometheus(handler, {}, value="+Inf" if "process_open_fds{" in _query(handler) else "NaN")


def _half_broken(handler: _Handler) -> None:
    """Answer some queries and refuse others, with all that stands in one query with them."""
    if "process_open_fds{" in _query(handler):
        said = {"status": "error", "errorType": "execution", "error": "too many samples"}
        handler.answer(422, json.dumps(said).encode())
    else:
        _tiny_prometheus(handler, {})


def _tiny_prometheus(handler: _Handler, remarks: Mapping[str, object], value: str = "4096") -> None:
    """Know a job with two gauges of 4096."""
    query = _query(handler)
    names = ("process_resident_memory_bytes", "process_open_fds")
    metrics: list[dict[str, str]] = [{}]
    if query.startswith("group by (__name__"):
        metrics = [{"__name__": name, "job": "shop"} for name in names if name in query]
    elif numbers := re.findall(r'"fd_q", "(\d+)"', query):
        metrics = [{"fd_q": number} for number in numbers]
    value = "1700000000" if "time()" in query else value
    result = [{"metric": metric, "value": [1.7e9, value]} for metric in metrics]
    if "resets" in query or "up{" in query:
        result = []
    said = {"status": "success", "data": {"resultType": "vector", "result": result}, **remarks}
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
    "vm-cluster": _vmcluster,
    "endless": _endless,
    "not-finite": _not_finite,
    "empty": lambda handler: handler.answer(200, b""),
    "gone": _gone,
    "forbidden": lambda handler: handler.answer(403, b"no"),
    "unauthorized": lambda handler: handler.answer(401, b"no"),
    "busy": lambda handler: handler.answer(429, b"too many requests", "text/plain"),
    "wants-tls": lambda handler: handler.answer(
        400, b"Client sent an HTTP request to an HTTPS server.\n", "text/plain"
    ),
    "broken": lambda handler: handler.answer(500, b"Internal Server Error", "text/plain"),
}
