"""Invented states of the live screen: a service that fails over some looks, and what becomes of sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.watching import Cost, Look, Page, Span, Watched
from tests.render.diagnoses import BY_HAND, HEALTHY, POOL_DRAINED, UNDECIDED

BEGIN: Final = 1_795_317_007.0
"""2026-11-22 03:10:07 UTC."""
EVERY_S: Final = 10.0
COST: Final = Cost(share=0.0142, limit=0.1, cpu_s=0.14, seconds=5.21, statements=9, requests=31, dumps=0)
LOCKS: Final = (0.02, 0.02, 0.03, 0.05, 0.05, 0.12, 0.31, 0.62, 0.84, None, 0.9, 0.91, 0.91, 0.91)
POOL: Final = (0.01, 0.01, 0.01, 0.01, 0.02, 0.08, 0.4, 0.77, 0.9, None, 0.93, 0.93, 0.93, 0.93)
UPSTREAM: Final = (0.05, 0.05, 0.06, 0.22, 0.31, 0.38, 0.3, 0.26, 0.21, None, 0.2, 0.19, 0.19, 0.19)
QUEUE: Final = (0.02, 0.02, 0.02, 0.18, 0.16, 0.08, 0.04, 0.03, 0.03, None, 0.02, 0.02, 0.02, 0.02)
P95: Final = (0.12, 0.118, 0.121, 0.2, 0.34, 0.9, 1.7, 2.4, 3.1, None, 3.9, 4.1, 4.2, 4.2)
RPS: Final = (41.0, 41.2, 40.8, 41.0, 40.1, 39.9, 39.0, 38.8, 38.1, None, 38.0, 38.2, 38.6, 38.4)
CPU: Final = (0.2, 0.21, 0.2, 0.19, 0.16, 0.14, 0.12, 0.12, 0.11, None, 0.12, 0.12, 0.12, 0.12)
IN_USE: Final = (0.3, 0.3, 0.35, 0.5, 0.7, 0.9, 1.0, 1.0, 1.0, None, 1.0, 1.0, 1.0, 1.0)
STUCK: Final = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 6.0, 9.0, None, 12.0, 13.0, 14.0, 14.0)
LISTED: Final = frozenset({"database-locks", "db-pool-exhaustion", "slow-external-dependency"})


def looks() -> tuple[Look, ...]:
    """Return fourteen looks, one of which told nothing."""
    return tuple(_look(number) for number in range(len(LOCKS)))


def _look(number: int) -> Look:
    at = BEGIN + number * EVERY_S
    if LOCKS[number] is None:
        return Look(at=at, status=None)
    causes = {
        "database-locks": LOCKS,
        "db-pool-exhaustion": POOL,
        "slow-external-dependency": UPSTREAM,
        "queue-buildup": QUEUE,
    }
    signals = {
        "http.latency.p95": P95,
        "http.rps": RPS,
        "service.cpu": CPU,
        "db.pool.utilization": IN_USE,
        "http.stuck": STUCK,
    }
    queue = frozenset({"queue-buildup"}) if number in {3, 4} else frozenset()
    return Look(
        at=at,
        status=Status.OK if number < 5 else Status.CRITICAL,
        probabilities=_at(number, causes),
        listed=LISTED | queue,
        values=_at(number, signals),
    )


def _at(number: int, courses: Mapping[str, tuple[float | None, ...]]) -> dict[str, float]:
    return {name: value for name, course in courses.items() if (value := course[number]) is not None}


def watched(diagnosis: Diagnosis, seen: tuple[Look, ...]) -> Watched:
    """Return what is shown after these looks, the last of which is judged so."""
    readings = diagnosis.snapshot.readings
    latest = {signal: one.value for signal, one in readings.items() if one.value is not None}
    seen = (*seen[:-1], replace(seen[-1], values=latest))
    return Watched(
        every_s=EVERY_S,
        cost=COST,
        looks=seen,
        diagnosis=diagnosis,
        status_since=BEGIN + 50,
        sources={
            state.name: Span(status=state.status, since=BEGIN + 60) for state in diagnosis.snapshot.sources
        },
        titles={"queue-buildup": "A queue grows faster than it is drained"},
        units={signal: one.unit for signal, one in readings.items() if one.value is not None},
        next_at=seen[-1].at + EVERY_S if seen else None,
        chosen=diagnosis.causes[0].id if diagnosis.causes else None,
    )


DRAINED: Final = watched(POOL_DRAINED, looks())
HEALTHY_FIRST: Final = replace(
    watched(HEALTHY, (Look(at=BEGIN, status=Status.OK, values={"http.latency.p95": 0.038}),)),
    cost=replace(COST, share=None),
    status_since=BEGIN,
)
STARTING: Final = Watched(
    every_s=EVERY_S,
    cost=Cost(share=None, limit=0.1),
    is_looking=True,
    progress="collecting: prometheus, processes",
)
BLIND: Final = replace(
    DRAINED,
    looks=(*DRAINED.looks, Look(at=BEGIN + 140, status=None)),
    trouble="no source has come home from an earlier look",
    is_paused=True,
)
RECORDING: Final = replace(
    DRAINED,
    records_to="/var/lib/fastdiag/recordings/shop",
    recorded=("hanging-requests: 20261122T031107Z-symptom-hanging-requests.json",),
    records=("03:11:07 hanging-requests: 20261122T031107Z-symptom-hanging-requests.json",),
    notes=("the service has a network of its own (a container)",),
)
ALL: Final = {
    "drained": DRAINED,
    "undecided": watched(UNDECIDED, looks()),
    "healthy-first": HEALTHY_FIRST,
    "starting": STARTING,
    "blind": BLIND,
    "recording": RECORDING,
    "saved": replace(DRAINED, message="saved as shop-api-20261122T031217Z.json"),
    "by-hand": watched(BY_HAND, (Look(at=BEGIN, status=Status.INCONCLUSIVE),)),
    "cause": replace(DRAINED, page=Page.CAUSE),
    "cause-gone": replace(DRAINED, page=Page.CAUSE, chosen="queue-buildup"),
    "help": replace(RECORDING, page=Page.HELP),
}
