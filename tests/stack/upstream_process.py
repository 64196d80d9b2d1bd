"""The process behind `upstream`: an HTTP service that takes its time, has sick nodes or limits.

Usage: upstream_process.py HOST PORT SECONDS.
"""

import json
import random
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

ANSWER = b'{"status": "ok", "carrier": "north-post", "price": 4.9, "rate": 1.0841}'
JITTER = 0.15


@dataclass(slots=True)
class Manner:
    """How it answers now.

    latency_s    about how long an answer takes, of a node that is well
    failing      share of requests that end in 500 at once
    slow, slow_s share of requests that meet a sick node, and how long that one takes
    per_second   requests that it takes in a second; it answers 429 to the others (None: no limit)
    at_once      requests that it serves at a time (None: no limit); the others wait for their turn
    may_wait     requests that wait at a time; it answers 503 to the others
    """

    latency_s: float
    failing: float = 0.0
    slow: float = 0.0
    slow_s: float = 0.0
    per_second: int | None = None
    at_once: int | None = None
    may_wait: int = 0


@dataclass(slots=True)
class House:
    """The service: its manner, what it counted, and who is inside."""

    manner: Manner
    lock: threading.Lock = field(default_factory=threading.Lock)
    turn: threading.Condition = field(init=False)
    calls: int = 0
    turned_away: int = 0
    recent: deque[float] = field(default_factory=deque)
    waiting: int = 0
    inside: int = 0

    def __post_init__(self) -> None:
        self.turn = threading.Condition(self.lock)

    def serve(self) -> int:
        """Take the time that one request takes, and return its status."""
        with self.lock:
            self.calls += 1
            status = self._admit()
            self.turned_away += status != 200
        if status != 200:
            return status
        try:
            return self._work()
        finally:
            with self.lock:
                self.inside -= 1
                self.turn.notify()

    def counts(self) -> dict[str, int]:
        """Return how many requests came so far, and how many of them were turned away."""
        with self.lock:
            return {"calls": self.calls, "turned_away": self.turned_away}

    def _admit(self) -> int:
        """Let a request in, when it is its turn; the lock is held."""
        manner, now = self.manner, time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if manner.per_second is not None and len(self.recent) >= manner.per_second:
            return 429
        self.recent.append(now)
        if manner.at_once is not None and self.inside >= manner.at_once:
            if self.waiting >= manner.may_wait:
                return 503
            self.waiting += 1
            self.turn.wait_for(lambda: self.manner.at_once is None or self.inside < self.manner.at_once)
            self.waiting -= 1
        self.inside += 1
        return 200

    def _work(self) -> int:
        manner, chance = self.manner, random.random()  # noqa: S311 - not a secret
        if chance < manner.failing:
            return 500
        seconds = manner.slow_s if chance < manner.failing + manner.slow else manner.latency_s
        time.sleep(seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - not a secret
        return 200


class Handler(BaseHTTPRequestHandler):
    """Answer everything, late."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave as two segments; without this each answer would wait 40 ms for a delayed ACK.
    disable_nagle_algorithm = True
    house: ClassVar[House] = House(manner=Manner(latency_s=float(sys.argv[3])))

    def do_GET(self) -> None:
        """Answer in the present manner."""
        self._drain()
        self._answer(self.house.serve())

    def do_POST(self) -> None:
        """Do the same."""
        self.do_GET()

    def do_PUT(self) -> None:
        """Change the manner; the answer tells what was counted so far, and asks for no turn."""
        with self.house.lock:
            for name, value in json.loads(self._drain()).items():
                setattr(self.house.manner, name, value)
            self.house.turn.notify_all()
        self._answer(200, json.dumps(self.house.counts()).encode())

    def _drain(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self, status: int, body: bytes = ANSWER) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
