"""The process's one meter: bounded series of bounded labels, published through whatever the service has.

Nothing is published before the application starts: only then it is known whether it has set an OpenTelemetry
MeterProvider, and in which process it runs (gunicorn may have forked after the import).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Final, Protocol

from fastdiag.instrument.guard import tell_once
from fastdiag.instrument.metrics import MOST_SERIES, MOST_VALUES, OTHER, Kind, Metric

Series = Callable[[float], None]
LONGEST_LABEL: Final = 120
MOST_DEFERRED: Final = 1_000


class Backend(Protocol):
    """Whoever publishes."""

    def series(self, metric: Metric, values: tuple[str, ...]) -> Series:
        """Return what takes a series' values: adds to a counter, sets a gauge, observes for a histogram."""


class Meter:
    """Takes values from anywhere in the process; never raises."""

    def __init__(self) -> None:
        self._backend: Backend | None = None
        self._series: dict[tuple[str, tuple[str, ...]], Series] = {}
        self._firsts: dict[str, set[str]] = {}
        self._making = RLock()
        self._deferred: deque[tuple[Metric, float, tuple[str, ...]]] = deque(maxlen=MOST_DEFERRED)

    def open(self, backend: Backend) -> None:
        """Publish through this from now on; the first one stays."""
        self._backend = self._backend or backend

    def record(self, metric: Metric, value: float, *values: str) -> None:
        """Add to a counter, set a gauge, or observe for a histogram; ``values`` are those of its labels."""
        if self._backend is None:
            return
        try:
            series = self._series.get((metric.name, values))
            if series is None:
                series = self._new(self._backend, metric, values)
            series(value)
        except Exception as error:  # noqa: BLE001 - a guard costs more than all the rest, and this is called most
            tell_once(metric.name, type(error).__name__)

    def defer(self, metric: Metric, value: float, *values: str) -> None:
        """Record later, in ``flush``.

        For what runs at any moment, such as finalizers and garbage collection: a lock of the backend may be
        held by the very thread that is interrupted.
        """
        self._deferred.append((metric, value, values))

    def flush(self) -> None:
        """Record what was deferred."""
        while self._deferred:
            metric, value, values = self._deferred.popleft()
            self.record(metric, value, *values)

    def _new(self, backend: Backend, metric: Metric, values: tuple[str, ...]) -> Series:
        with self._making:
            key = metric.name, self._bounded(metric, values)
            if metric.kind is Kind.GAUGE and OTHER in key[1]:
                return _nothing  # one level would replace another; counts add up
            if key not in self._series:
                if len(self._series) >= MOST_SERIES:
                    tell_once("what would exceed the limit of series", f"there are {MOST_SERIES} already")
                    return _nothing
                self._series[key] = backend.series(metric, key[1])
            return self._series[key]

    def _bounded(self, metric: Metric, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            return values
        first = values[0][:LONGEST_LABEL]
        known = self._firsts.setdefault(metric.name, set())
        if first not in known and len(known) >= MOST_VALUES:
            first = OTHER
        known.add(first)
        return (first, *values[1:])


def _nothing(_: float) -> None:
    """Take a value, and forget it."""


METER: Final = Meter()
