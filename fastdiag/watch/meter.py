"""What watching costs, and the earliest moment at which the next look keeps it within bounds."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.model.snapshot import SourceState
from fastdiag.model.watching import Cost

DEFAULT_LIMIT: Final = 0.1
"""Of one core, from the start of one look to the start of the next."""
INTERVALS: Final = 6
"""Between looks, over which the share is told: a minute with the usual period."""
_STATEMENTS: Final = frozenset({"postgres", "pgbouncer"})
_DUMPS: Final = frozenset({"stacks"})


def cpu_seconds() -> float:
    """Return the processor time of this process, all its threads, and its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@dataclass(frozen=True, slots=True)
class _Mark:
    """A moment by both clocks, in seconds: how late it was, and how much a core had worked for us."""

    at: float
    cpu: float


class Meter:
    """Measures looks, and paces them: between two starts at most ``limit`` of one core is used."""

    def __init__(
        self,
        limit: float = DEFAULT_LIMIT,
        *,
        cpu: Callable[[], float] = cpu_seconds,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._cpu = cpu
        self._clock = clock
        self._started: _Mark | None = None
        self._past: deque[_Mark] = deque(maxlen=INTERVALS)
        """Of each finished interval its length and the processor time that went into it."""

    def wait_s(self, every_s: float) -> float:
        """Return how many seconds the next look must still wait; 0 when it may begin."""
        if self._started is None:
            return 0.0
        used = self._since(self._started)
        return max(0.0, every_s - used.at, used.cpu / self.limit - used.at)

    def begin(self) -> None:
        """Note that a look begins."""
        if self._started is not None:
            self._past.append(self._since(self._started))
        self._started = self._now()

    def cost(self, sources: Iterable[SourceState] = ()) -> Cost:
        """Return what the look that began last has cost until now, and what watching costs."""
        used = self._since(self._started) if self._started else _Mark(0.0, 0.0)
        asked = tuple(sources)
        statements = sum(state.requests for state in asked if state.name in _STATEMENTS)
        dumps = sum(state.requests for state in asked if state.name in _DUMPS)
        return Cost(
            share=self._share(),
            limit=self.limit,
            cpu_s=used.cpu,
            seconds=used.at,
            statements=statements,
            requests=sum(state.requests for state in asked) - statements - dumps,
            dumps=dumps,
        )

    def _share(self) -> float | None:
        wall = sum(interval.at for interval in self._past)
        return sum(interval.cpu for interval in self._past) / wall if wall > 0 else None

    def _now(self) -> _Mark:
        return _Mark(self._clock(), self._cpu())

    def _since(self, mark: _Mark) -> _Mark:
        now = self._now()
        return _Mark(now.at - mark.at, now.cpu - mark.cpu)
