"""Load from a process of its own, and what its clients measured: truth that the service has no part in."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Final

from tests.stack.processes import ServerProcess, running

LONGEST_RUN_S: Final = 240.0
_numbers: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Requests of one kind, sent at a fixed mean rate.

    `{id}` in the path becomes a number from 1 to 500, `{new}` one that was not sent before.
    """

    path: str
    rps: float
    method: str = "GET"
    body: dict[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """What clients saw of the service over the last `window_s` seconds."""

    window_s: float
    finished: int
    failed: int
    p50_s: float
    p95_s: float
    in_flight: int
    oldest_s: float

    @property
    def rps(self) -> float:
        """Answered requests a second, failures included."""
        return self.finished / self.window_s

    @property
    def failure_ratio(self) -> float:
        """Share of requests that timed out, broke off or got a 5xx."""
        return self.failed / self.finished if self.finished else 0.0

    def __str__(self) -> str:
        return (
            f"clients see p95 {self.p95_s:.2f} s, median {self.p50_s:.2f} s, {self.rps:.0f}/s answered, "
            f"{self.failure_ratio:.0%} failed, {self.in_flight} in flight (oldest {self.oldest_s:.1f} s)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A running load generator."""

    server: ServerProcess
    records: Path

    def seen(self, window_s: float = 5.0, route: str | None = None) -> ClientView:
        """Summarise the last `window_s` seconds, for one route (as written in the plan) or for all."""
        since = time.monotonic() - window_s
        lines = [json.loads(line) for line in self.records.read_text(encoding="utf-8").split("\n")[:-1]]
        beat = next(
            (line for line in reversed(lines) if "in_flight" in line), {"in_flight": 0, "oldest_s": 0.0}
        )
        recent = [line for line in lines if "route" in line and line["t"] >= since]
        if route is not None:
            recent = [line for line in recent if line["route"] == route]
        seconds = sorted(float(line["s"]) for line in recent)
        return ClientView(
            window_s=window_s,
            finished=len(recent),
            failed=sum(1 for line in recent if line["error"] or line["status"] >= 500),
            p50_s=_quantile(seconds, 0.50),
            p95_s=_quantile(seconds, 0.95),
            in_flight=int(beat["in_flight"]),
            oldest_s=float(beat["oldest_s"]),
        )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@contextmanager
def load(
    url: str, routes: Sequence[Route], directory: Path, *, timeout_s: float = 10.0, max_in_flight: int = 100
) -> Iterator[Load]:
    """Send `routes` to `url` until the block is left, for at most four minutes.

    `max_in_flight` bounds the requests that wait at once; what would exceed it is not sent.
    """
    number = next(_numbers)
    plan, records = directory / f"load-{number}.json", directory / f"load-{number}.jsonl"
    records.touch()
    bounds = {"seconds": LONGEST_RUN_S, "timeout_s": timeout_s, "max_in_flight": max_in_flight}
    plan.write_text(
        json.dumps({"url": url, "routes": [asdict(route) for route in routes], **bounds}), encoding="utf-8"
    )
    program = Path(__file__).with_name("load_process.py")
    command = [sys.executable, str(program), str(plan), str(records)]
    with running(command, name="load", log=directory / f"load-{number}.log") as server:
        yield Load(server=server, records=records)
