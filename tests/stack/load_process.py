"""The process behind `load`: requests at a fixed rate whatever the answers do, and what clients saw.

Usage: load_process.py PLAN.json RECORDS.jsonl. One line a finished request, and twice a second one about
those in flight.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO, TypedDict

import httpx

BEAT_S: Final = 0.5
IDENTIFIERS: Final = 500


class RoutePlan(TypedDict):
    """One kind of request; `{id}` in the path becomes a number from 1 to 500, `{new}` a new one."""

    method: str
    path: str
    rps: float
    body: dict[str, object] | None


class Plan(TypedDict):
    """What to send, and the bounds within which to stay."""

    url: str
    routes: list[RoutePlan]
    seconds: float
    timeout_s: float
    max_in_flight: int


@dataclass(slots=True)
class Generator:
    """Open-loop load: arrivals do not wait for answers, as real users do not."""

    plan: Plan
    client: httpx.AsyncClient
    records: TextIO
    chance: random.Random
    in_flight: dict[int, float] = field(default_factory=dict)
    shed: int = 0
    sent: int = 0

    async def run(self) -> None:
        """Send until the time is up."""
        async with asyncio.timeout(self.plan["seconds"]), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            for route in self.plan["routes"]:
                tasks.create_task(self._arrivals(route, tasks))

    async def _arrivals(self, route: RoutePlan, tasks: asyncio.TaskGroup) -> None:
        due = time.monotonic() + self.chance.random() / route["rps"]
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += self.chance.uniform(0.5, 1.5) / route["rps"]
            if len(self.in_flight) >= self.plan["max_in_flight"]:
                self.shed += 1
            else:
                self.sent += 1
                tasks.create_task(self._send(self.sent, route))

    async def _send(self, number: int, route: RoutePlan) -> None:
        path = route["path"].replace("{id}", str(self.chance.randint(1, IDENTIFIERS)))
        path = path.replace("{new}", str(number))
        started = self.in_flight[number] = time.monotonic()
        status, error = 0, ""
        try:
            answer = await self.client.request(route["method"], path, json=route["body"])
            status = answer.status_code
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        finally:
            del self.in_flight[number]
        now = time.monotonic()
        self._write({"t": now, "route": route["path"], "s": now - started, "status": status, "error": error})

    async def _beat(self) -> None:
        while True:
            now = time.monotonic()
            oldest = now - min(self.in_flight.values(), default=now)
            self._write({"t": now, "in_flight": len(self.in_flight), "oldest_s": oldest, "shed": self.shed})
            await asyncio.sleep(BEAT_S)

    def _write(self, record: dict[str, object]) -> None:
        self.records.write(json.dumps(record) + "\n")


async def main(plan: Plan, records: TextIO) -> None:
    """Run one plan."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=1.5)
    async with httpx.AsyncClient(
        base_url=plan["url"], timeout=plan["timeout_s"], limits=limits, trust_env=False
    ) as client:
        generator = Generator(plan=plan, client=client, records=records, chance=random.Random(7))  # noqa: S311 - repeatable
        await generator.run()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a", encoding="utf-8", buffering=1) as sink:
        asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sink))
