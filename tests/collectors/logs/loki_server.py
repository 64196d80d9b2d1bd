"""A server that answers Loki's query_range as its documentation says, from lines that a test writes down."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.stack.ports import LOOPBACK

Stream = Sequence[tuple[float, str]]


@dataclass(slots=True, kw_only=True)
class LokiServer:
    """A running server.

    streams     lines with their time, in seconds since the epoch; each stream has labels of its own
    max_limit   of lines that a query may ask for
    tenant      the one that must be named; None where there are none
    queries     what was asked
    headers     what was sent with it
    """

    streams: Sequence[Stream]
    max_limit: int = 5000
    tenant: str | None = None
    refusal: tuple[int, str] | None = None
    queries: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://{LOOPBACK}:{self.port}"

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Return status and body."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.queries.append(query)
        self.headers.append(headers)
        if parts.path != "/loki/api/v1/query_range":
            return 404, "404 page not found"
        if self.tenant and headers.get("X-Scope-OrgID") != self.tenant:
            return 401, "no org id"
        if self.refusal:
            return self.refusal
        limit = int(query["limit"])
        if limit > self.max_limit:
            over = f"({limit} > {self.max_limit})"
            return 400, f"max entries limit per query exceeded, limit > max_entries_limit_per_query {over}"
        return 200, json.dumps({"status": "success", "data": self._data(query, limit)})

    def _data(self, query: dict[str, str], limit: int) -> dict[str, object]:
        if query["query"].startswith("rate("):
            return {"resultType": "matrix", "result": []}
        start, end = int(query["start"]), int(query["end"])
        found = [
            (int(at * 1e9), text, number)
            for number, stream in enumerate(self.streams)
            for at, text in stream
            if start <= int(at * 1e9) < end
        ]
        newest = sorted(found, reverse=True)[:limit]
        streams = [
            {
                "stream": {"pod": f"shop-{number}"},
                "values": [[str(at), text] for at, text, n in newest if n == number],
            }
            for number in range(len(self.streams))
        ]
        return {"resultType": "streams", "result": [stream for stream in streams if stream["values"]]}


@contextmanager
def serving(server: LokiServer) -> Iterator[LokiServer]:
    """Serve on a free loopback port until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = server.answer(self.path, dict(self.headers.items()))
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
            """Say nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as http:
        server.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
