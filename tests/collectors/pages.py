"""A server that hands out prepared pages one after the other."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.stack.ports import LOOPBACK

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Pages:
    """The prepared pages: the last is served again and again, or answered with a failure."""

    port: int
    bodies: list[str] = field(default_factory=list)
    kind: str = TEXT
    then: int = 200
    delays: list[float] = field(default_factory=list)
    served: int = 0

    @property
    def url(self) -> str:
        """URL of the page; /moved redirects to it."""
        return f"http://{LOOPBACK}:{self.port}/metrics"

    def serve(
        self, bodies: Sequence[str], *, kind: str = TEXT, then: int = 200, delays: Sequence[float] = ()
    ) -> None:
        """Serve these in turn, and answer with status ``then`` (and the last body) when they are used up.

        The first answers come so many seconds late.
        """
        self.bodies, self.kind, self.then, self.served = list(bodies), kind, then, 0
        self.delays = list(delays)


@contextmanager
def serving() -> Iterator[Pages]:
    """Serve on a free loopback port until the block is left."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    pages = Pages(port=server.server_address[1])
    server.pages = pages  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(307)
            self.send_header("Location", "/metrics")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        pages: Pages = self.server.pages  # type: ignore[attr-defined]
        spent = pages.served >= len(pages.bodies)
        body = pages.bodies[min(pages.served, len(pages.bodies) - 1)].encode()
        if pages.served < len(pages.delays):
            time.sleep(pages.delays[pages.served])
        pages.served += 1
        self.send_response(pages.then if spent else 200)
        self.send_header("Content-Type", pages.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Say nothing."""
