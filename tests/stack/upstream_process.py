"""The process behind `upstream`: an HTTP service that takes its time.

Usage: upstream_process.py HOST PORT SECONDS.
"""

import random
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

ANSWER = b'{"status": "ok", "carrier": "north-post", "price": 4.9, "rate": 1.0841}'
JITTER = 0.15


class Handler(BaseHTTPRequestHandler):
    """Answer everything, late."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave as two segments; without this each answer would wait 40 ms for a delayed ACK.
    disable_nagle_algorithm = True
    latency_s: ClassVar[float] = float(sys.argv[3])

    def do_GET(self) -> None:
        """Wait about the current latency, then answer."""
        self._drain()
        time.sleep(Handler.latency_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - not a secret
        self._answer()

    def do_POST(self) -> None:
        """Do the same."""
        self.do_GET()

    def do_PUT(self) -> None:
        """Change the latency."""
        Handler.latency_s = float(self._drain())
        self._answer()

    def _drain(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Keep the log for errors."""


class Server(ThreadingHTTPServer):
    """One thread a connection, with room for a burst of new ones."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Ignore a client that hung up while it waited: that is its right."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
