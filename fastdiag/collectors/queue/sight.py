"""What a broker or a monitor shows of its queues at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from fastdiag.model.signal import Bound, Missing, Reason

DEPTH: Final = "queue.depth"
PREFETCHED: Final = "queue.prefetched"
OLDEST: Final = "queue.oldest"
CONSUMERS: Final = "queue.consumers"
FAILED: Final = "queue.failed"
SCHEDULED: Final = "queue.scheduled"
FAILURES: Final = "queue.failures"
RETRIES: Final = "queue.retries"
COMPLETED: Final = "queue.completed"
GROWTH: Final = "queue.growth"
RATES: Final = (FAILURES, RETRIES, COMPLETED)
GAUGES: Final = (DEPTH, PREFETCHED, OLDEST, CONSUMERS, FAILED, SCHEDULED)


class System(StrEnum):
    """The program that keeps its jobs in a queue."""

    CELERY = "celery"
    RQ = "rq"
    ARQ = "arq"
    DRAMATIQ = "dramatiq"
    RABBITMQ = "rabbitmq"
    FLOWER = "flower"
    LIST = "list"  # a list of that name, of whatever program


@dataclass(frozen=True, slots=True)
class Seen:
    """A value in the unit of its signal.

    bias   why it must not be trusted fully
    bound  what it still is, then
    at     when it was counted, in seconds on the clock of whoever counts now and then; None: as we looked
    """

    value: float
    bias: str | None = None
    bound: Bound | None = None
    at: float | None = None


Fact = Seen | Missing
NOTHING_WAITS: Final = Seen(0.0)
"""The age of the oldest job of an empty queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSight:
    """One queue at one moment.

    name    None for what a broker tells of all its queues together
    gauges  signal -> what it is now
    totals  signal of a rate -> how many there have been since some moment in the past
    jobs    ids of jobs that leave the broker when they are begun or done: of those in hand, or the first in
            line; whoever of them is gone at the next look has been worked on. None: the broker counts itself
    """

    name: str | None
    system: System
    gauges: Mapping[str, Fact] = field(default_factory=dict)
    totals: Mapping[str, Fact] = field(default_factory=dict)
    jobs: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All queues of one place, at a point of ``time.monotonic()``."""

    at: float
    queues: tuple[QueueSight, ...]


def seen(value: float | None, bias: str | None = None, *, of: str) -> Fact:
    """Return a value, or that the answer (of what) was none."""
    return Missing(Reason.FAILED, f"{of} gave no number") if value is None else Seen(value, bias)


def partly(sight: QueueSight, why: str) -> QueueSight:
    """Return a sight that marks what waits as perhaps not all."""
    depth = sight.gauges.get(DEPTH)
    if not isinstance(depth, Seen):
        return sight
    return replace(sight, gauges={**sight.gauges, DEPTH: Seen(depth.value, why)})


def absent(detail: str) -> Missing:
    """Return that this cannot be seen here."""
    return Missing(Reason.ABSENT, detail)
