"""The shop's clients, as a process of their own: ``python -m fastdiag.demo.load``.

Apart from the process that takes the snapshot, so that neither slows the other down. The load is bounded
in rate, concurrency and time, and writes what it measured to a file twice a second.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from fastdiag.demo.clients import EVERY_ROUTE, ClientView, summarise, write_view
from fastdiag.demo.traffic import TRAFFIC, Call, Group, Traffic

if TYPE_CHECKING:
    import httpx

LOAD_LIMIT_S: Final = 300.0
"""Time to look around a stage that is held; one that is left ends it at once."""
WINDOW_S: Final = 5.0
REPORT_EVERY_S: Final = 0.5
REQUEST_TIMEOUT_S: Final = 30.0
KEEP_ALIVE_S: Final = 2.0
"""Below uvicorn's 5 s, so that no request meets a connection that the server is just closing."""
ARRIVAL_S: Final = 1.0
"""The clients do not all begin at once: they arrive over this many seconds."""


class Ended(NamedTuple):
    """One request that has ended."""

    at_s: float
    route: str
    latency_s: float
    failed: bool


class Crowd:
    """The clients and what they measured."""

    def __init__(self, traffic: Traffic, http: httpx.AsyncClient) -> None:
        self._http = http
        self._chance = random.Random(traffic.id)  # noqa: S311 - a repeatable mixture, not a secret
        self._ended: deque[Ended] = deque()
        self._started_at = time.monotonic()
        self._in_flight = 0
        self._total = 0

    async def run_client(self, group: Group) -> None:
        """Send calls until cancelled."""
        await asyncio.sleep(self._chance.uniform(0, ARRIVAL_S))
        weights = [call.weight for call in group.calls]
        while True:
            (call,) = self._chance.choices(group.calls, weights)
            await self._send(call)
            await asyncio.sleep(group.pause_s * self._chance.uniform(0.5, 1.5))

    async def _send(self, call: Call) -> None:
        import httpx  # noqa: PLC0415 - keeps the parent, which imports this package, light

        path = call.path(self._chance.choice(call.ids))
        begin_s = time.monotonic()
        self._in_flight += 1
        try:
            answer = await self._http.request(call.method, path, json=call.body)
            failed = answer.is_error
        except httpx.HTTPError:
            failed = True
        finally:
            self._in_flight -= 1
        now_s = time.monotonic()
        self._total += 1
        self._ended.append(Ended(now_s, call.route, now_s - begin_s, failed))

    def view(self) -> ClientView:
        """Return what was measured over the last ``WINDOW_S`` seconds."""
        now_s = time.monotonic()
        while self._ended and self._ended[0].at_s < now_s - WINDOW_S:
            self._ended.popleft()
        latencies: dict[str, list[float]] = {}
        for ended in self._ended:
            latencies.setdefault(ended.route, []).append(ended.latency_s)
            latencies.setdefault(EVERY_ROUTE, []).append(ended.latency_s)
        running_s = now_s - self._started_at
        window_s = min(WINDOW_S, running_s)
        return ClientView(
            running_s=running_s,
            window_s=window_s,
            rps=len(self._ended) / window_s,
            in_flight=self._in_flight,
            requests_total=self._total,
            errors=sum(ended.failed for ended in self._ended),
            routes=tuple(summarise(route, found) for route, found in latencies.items()),
        )


async def drive(url: str, traffic: Traffic, report: Path) -> None:
    """Load the service for at most ``LOAD_LIMIT_S`` seconds, whatever becomes of the parent."""
    import httpx  # noqa: PLC0415 - likewise

    limits = httpx.Limits(
        max_connections=traffic.clients,
        max_keepalive_connections=traffic.clients,
        keepalive_expiry=KEEP_ALIVE_S,
    )
    async with (
        # trust_env: a proxy in the environment must not stand between the clients and loopback
        httpx.AsyncClient(base_url=url, timeout=REQUEST_TIMEOUT_S, limits=limits, trust_env=False) as http,
        asyncio.TaskGroup() as clients,
    ):
        crowd = Crowd(traffic, http)
        tasks = [
            clients.create_task(crowd.run_client(group))
            for group in traffic.groups
            for _ in range(group.clients)
        ]
        end = time.monotonic() + LOAD_LIMIT_S
        while time.monotonic() < end:
            await asyncio.sleep(REPORT_EVERY_S)
            write_view(report, crowd.view())
        for task in tasks:
            task.cancel()


def main() -> None:
    """Read the options and drive the load."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--traffic", required=True, choices=sorted(TRAFFIC))
    parser.add_argument("--report", required=True, type=Path)
    options = parser.parse_args()
    asyncio.run(drive(options.url, TRAFFIC[options.traffic], options.report))


if __name__ == "__main__":
    main()
