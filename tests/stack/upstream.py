"""Somebody else's HTTP service, in a process of its own, whose manner changes while it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running, stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests an upstream got, and how many of them it answered with 429 or 503."""

    calls: int
    turned_away: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A running upstream."""

    server: ServerProcess
    port: int

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://{LOOPBACK}:{self.port}"

    def answer_in(self, seconds: float) -> None:
        """Let every later request take about that long: the outside world changes, the service does not."""
        self.change(latency_s=seconds)

    def change(self, **manner: float) -> None:
        """Let every later request be answered in this manner (`Manner` in upstream_process.py names them)."""
        httpx.put(f"{self.url}/manner", json=manner, timeout=5).raise_for_status()

    def counts(self) -> Counts:
        """Return what it counted since it was started."""
        told = httpx.put(f"{self.url}/manner", json={}, timeout=5).raise_for_status().json()
        return Counts(calls=told["calls"], turned_away=told["turned_away"])

    def go_away(self) -> None:
        """End for good: from now on nobody listens at its port, so connections to it are refused."""
        stop(self.server.popen)

    def answers_in_s(self) -> float:
        """Return how long one request takes now, asked directly."""
        return httpx.get(self.url, timeout=30).elapsed.total_seconds()


@contextmanager
def upstream(directory: Path, *, latency_s: float, name: str = "upstream") -> Iterator[Upstream]:
    """Start an upstream that answers any GET or POST with a small document after about `latency_s`."""
    port = free_port()
    program = Path(__file__).with_name("upstream_process.py")
    command = [sys.executable, str(program), LOOPBACK, str(port), str(latency_s)]
    with running(command, name=name, log=directory / f"{name}.log") as server:
        server.wait_ready(lambda: is_listening(port))
        yield Upstream(server=server, port=port)
