"""Two hours of a shop whose connection pool runs dry, in a real Prometheus that scrapes nothing.

Minute 60: traffic doubles. From minute 65 on latency grows, and the second worker's pool is full. Minute 100:
the first request times out, once. From minute 20 to 35 nobody scraped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60.0
MINUTES: Final = 120
UNSEEN: Final = range(20, 35)
DOUBLED: Final = 60
SLOW: Final = 65
FULL: Final = 66
TIMED_OUT: Final = 100
BEFORE: Final = 1e6
BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, math.inf)
WORKERS: Final = ("10.0.0.1:8000", "10.0.0.2:8000")

Samples = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Story:
    """The same two hours, ending at a moment of one's choice."""

    end: float

    def at(self, minute: int) -> float:
        """Return the moment of a minute."""
        return self.end - (MINUTES - minute) * MINUTE_S

    def samples(self) -> Samples:
        """Return every series of the shop."""
        found: Samples = {}
        for number, worker in enumerate(WORKERS):
            own = f'instance="{worker}",job="shop"'
            found[f"up{{{own}}}"] = self._told(lambda _: 1.0)
            found[f"process_start_time_seconds{{{own}}}"] = self._told(lambda _: self.end - 1e6)
            found[f"process_cpu_seconds_total{{{own}}}"] = self._told(lambda minute: BEFORE + 12.0 * minute)
            counted = f'http_requests_total{{{own},handler="/pay",method="POST",status="200"}}'
            found[counted] = self._told(_requests)
            for bound in BOUNDS:
                le = "+Inf" if math.isinf(bound) else str(bound)
                series = f'http_request_duration_highr_seconds_bucket{{{own},le="{le}"}}'
                found[series] = self._told(_faster_than(bound))
            pool = f'db_client_connection_count{{{own},db_client_connection_state="used"}}'
            found[pool] = self._told(_in_use(number))
            found[f"db_client_connection_max{{{own}}}"] = self._told(lambda _: 10.0)
        late = f'instance="{WORKERS[0]}",job="shop",handler="/pay",method="POST",status="504"'
        found[f"http_requests_total{{{late}}}"] = [
            (self.at(minute), 1.0) for minute in range(TIMED_OUT, MINUTES + 1)
        ]
        return found

    def _told(self, value: Callable[[int], float]) -> list[tuple[float, float]]:
        return [(self.at(minute), value(minute)) for minute in _seen()]


def _seen() -> Iterator[int]:
    return (minute for minute in range(MINUTES + 1) if minute not in UNSEEN)


def _requests(minute: int) -> float:
    """Count one request a second, from minute 60 on two, beside those before the story."""
    return BEFORE + 60.0 * minute + 60.0 * max(0, minute - DOUBLED)


def _faster_than(bound: float) -> Callable[[int], float]:
    """Count the requests that took less: they take 90 ms at first, later 40 ms more each minute."""

    def counted(minute: int) -> float:
        fast = (m for m in range(1, minute + 1) if 0.09 + 0.04 * max(0, m - SLOW) < bound)
        return BEFORE + sum(_requests(m) - _requests(m - 1) for m in fast)

    return counted


def _in_use(worker: int) -> Callable[[int], float]:
    return lambda minute: 10.0 if worker == 1 and minute >= FULL else 4.0
