"""The event loop's lag, and the moments at which everything that has a level is looked at.

A callback is due every tenth of a second; how late it comes is how late any other work came. While the loop
is blocked there are no callbacks, and one late callback stands for all that were due meanwhile: each of
those is counted with the lateness it would have had. So the share of observations above a second is the
share of time in which a request that arrived had to wait for more than a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import LOOP_LAG

EVERY_S: Final = 0.1
TURN_TICKS: Final = 5
"""Levels are looked at twice a second."""
MOST_MISSED: Final = 600
"""Callbacks that one late one stands for at most: a minute's. A machine that slept is not a blocked loop."""


class Ticker:
    """Ticks in one event loop until that is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, turn: Callable[[], None]) -> None:
        self._loop = loop
        self._turn = turn
        self._ticks = 0
        self._due_s = 0.0

    def start(self) -> None:
        """Begin."""
        self._due_s = time.perf_counter() + EVERY_S
        self._loop.call_later(EVERY_S, self._tick)

    def _tick(self) -> None:
        # Not the loop's own clock: uvloop's has steps of a millisecond, and stands still within a turn.
        for late_s in lags(time.perf_counter() - self._due_s):
            METER.record(LOOP_LAG, late_s)
        self._ticks += 1
        if self._ticks % TURN_TICKS == 0:
            self._turn()
        if not self._loop.is_closed():
            self.start()


def lags(late_s: float) -> list[float]:
    """Return the lateness of each callback that was due up to now, the one that came first."""
    missed = min(int(max(0.0, late_s) / EVERY_S), MOST_MISSED)
    return [max(0.0, late_s - number * EVERY_S) for number in range(missed + 1)]
