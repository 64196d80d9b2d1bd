"""A service of many instances as a Prometheus remembers it: made up, so that every sum is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STEP_S: Final = 60
BACK_S: Final = 1200
"""How far the samples go back: two windows of 5 min with 10 min between them, and what comes before."""
DAY_S: Final = 86_400
DEPLOYED_S: Final = 6 * 3600
"""How long ago all of them were restarted, one a second."""
BOUNDS: Final = (0.1, 0.5, 1.0, 2.5, math.inf)
POOL_SIZE: Final = 20
FULL: Final = 7
"""The number of the one instance whose pool is full, and at which requests wait."""
WAITING: Final = 9
RATE: Final = 2
"""Requests per second of each instance."""

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A job of ``size`` instances, scraped every minute until ``now``, in seconds since the epoch."""

    job: str
    size: int
    now: float

    @property
    def in_use(self) -> int:
        """Connections that are checked out in all pools together."""
        return sum(_in_use(number) for number in range(self.size))

    def instance(self, number: int) -> str:
        """Return the label of an instance; all are of one length."""
        return f"{self.job}-{number:05}:8000"

    def samples(self) -> Iterator[tuple[str, Points]]:
        """Yield every series with its samples."""
        for number in range(self.size):
            own = f'instance="{self.instance(number)}",job="{self.job}"'
            yield from self._of_scraper(own)
            yield from self._of_process(own, number)
            yield from self._of_requests(own)
            yield from self._of_pool(own, number)

    def _of_scraper(self, own: str) -> Iterator[tuple[str, Points]]:
        yesterday = (self.now - DAY_S - STEP_S, 1.0)
        yield f"up{{{own}}}", [yesterday, *self._level(1)]
        yield f"scrape_series_added{{{own}}}", self._level(0)
        yield f"scrape_samples_scraped{{{own}}}", self._level(40)
        yield f"scrape_duration_seconds{{{own}}}", self._level(0.01)

    def _of_process(self, own: str, number: int) -> Iterator[tuple[str, Points]]:
        started = self.now - DEPLOYED_S + number
        yield f"process_start_time_seconds{{{own}}}", self._level(started)
        yield f"process_resident_memory_bytes{{{own}}}", self._level(1e8)
        yield f"process_open_fds{{{own}}}", self._level(40 + number % 5)
        yield f"process_max_fds{{{own}}}", self._level(1024)
        yield f"process_cpu_seconds_total{{{own}}}", self._counter(0.25)
        yield f'python_gc_collections_total{{{own},generation="2"}}', self._counter(0.1)

    def _of_requests(self, own: str) -> Iterator[tuple[str, Points]]:
        name, labels = "http_server_request_duration_seconds", f'{own},http_route="/pay"'
        yield f'{name}_count{{{labels},http_response_status_code="200"}}', self._counter(RATE)
        yield f'{name}_sum{{{labels},http_response_status_code="200"}}', self._counter(RATE * 0.4)
        for bound in BOUNDS:
            le = "+Inf" if math.isinf(bound) else str(bound)
            yield f'{name}_bucket{{{labels},le="{le}"}}', self._counter(RATE if bound >= 1 else RATE / 2)

    def _of_pool(self, own: str, number: int) -> Iterator[tuple[str, Points]]:
        pool = f'{own},db_client_connection_pool_name="main"'
        in_use = _in_use(number)
        for state, connections in (("used", in_use), ("idle", POOL_SIZE - in_use)):
            labels = f'{pool},db_client_connection_state="{state}"'
            yield f"db_client_connection_count{{{labels}}}", self._level(connections)
        yield f"db_client_connection_max{{{pool}}}", self._level(POOL_SIZE)
        waiting = WAITING if number == FULL else 0
        yield f"db_client_connection_pending_requests{{{pool}}}", self._level(waiting)

    def _moments(self) -> list[float]:
        return [self.now - BACK_S + STEP_S * number for number in range(BACK_S // STEP_S + 1)]

    def _level(self, value: float) -> Points:
        return [(at, float(value)) for at in self._moments()]

    def _counter(self, per_second: float) -> Points:
        return [(at, round(per_second * (at - self.now + DAY_S), 6)) for at in self._moments()]


def _in_use(number: int) -> int:
    return POOL_SIZE if number == FULL else 2 + number % 3
