"""Somebody else's HTTP service, in a process of its own, whose latency changes while it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running


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
        httpx.put(f"{self.url}/latency", content=str(seconds), timeout=5).raise_for_status()

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
