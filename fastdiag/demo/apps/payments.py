"""Stand-in for the payment provider outside: ``POST /v1/charges``, answered when the bank behind it is done.

A process of its own, on the standard library only, so that it is no second FastAPI service.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import ClassVar


class Charges(BaseHTTPRequestHandler):
    """Accepts every charge after ``bank_seconds``, over HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: two would meet Nagle's algorithm and a delayed ACK
    bank_seconds: ClassVar[float] = 0.0
    numbers: ClassVar[Iterator[int]] = itertools.count(1)

    def do_POST(self) -> None:
        """Wait for the bank, then confirm the charge."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        time.sleep(self.bank_seconds)
        body = json.dumps({"id": f"ch_{next(self.numbers)}", "status": "succeeded"}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Keep quiet: the demo's screen belongs to the diagnosis."""


class ProviderServer(ThreadingTCPServer):
    """A thread a connection.

    Not ``http.server.HTTPServer``, which looks its own name up in the DNS: seconds on some laptops.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


def main() -> None:
    """Serve on loopback until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bank-seconds", type=float, required=True)
    options = parser.parse_args()
    Charges.bank_seconds = options.bank_seconds
    with ProviderServer(("127.0.0.1", options.port), Charges) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
