"""AnyIO's default thread limiter: `def` routes, `def` dependencies and file answers run on its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import THREADS, THREADS_BUSY, THREADS_WAITING

if TYPE_CHECKING:
    from anyio import CapacityLimiter


class Limiter:
    """The limiter of one event loop."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None

    def find(self) -> None:
        """Find the limiter; to be called in a task of the loop, because AnyIO keeps it there."""
        from anyio.to_thread import current_default_thread_limiter  # noqa: PLC0415 - Starlette has it

        self._limiter = current_default_thread_limiter()

    def look(self) -> None:
        """Publish its tokens. The application may have changed their number since."""
        if self._limiter is not None:
            METER.record(THREADS, self._limiter.total_tokens)
            METER.record(THREADS_BUSY, self._limiter.borrowed_tokens)
            METER.record(THREADS_WAITING, self._limiter.statistics().tasks_waiting)
