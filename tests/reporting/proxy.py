"""A proxy before a Prometheus that lets no range queries through, as some gateways do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.stack.ports import LOOPBACK


@contextmanager
def without_ranges(url: str) -> Iterator[str]:
    """Forward everything to a server but query_range, which is forbidden."""

    class Forward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/api/v1/query_range"):
                self._answer(403, b'{"status": "error", "error": "range queries are not for you"}')
            else:
                answer = client.get(f"{url}{self.path}")
                self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with httpx.Client(timeout=10) as client, ThreadingHTTPServer((LOOPBACK, 0), Forward) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
