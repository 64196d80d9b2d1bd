"""Where a collector puts what it finds, piece by piece, so that nothing is lost when time runs out."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Bound, Catalogue, Missing, Part, Range, Reading, Reason
from fastdiag.model.target import Target


class SourceFailed(Exception):  # noqa: N818 - what happened to the source; not an error of ours
    """The source as a whole gave nothing (more): unreachable, refused, not what was expected.

    ``reason`` becomes the reason of every signal that the source owed; ``hint`` is the next step.
    """

    def __init__(self, reason: Reason, detail: str, *, hint: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.hint = hint


class SourceSkipped(SourceFailed):
    """There is nothing to look at: not configured and not discovered."""

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        super().__init__(Reason.NOT_CONFIGURED, detail, hint=hint)


@dataclass(slots=True)
class Sink:
    """Collects readings and missing signals of one source. Safe to read while its thread still writes.

    ``deadline`` is a point of ``time.monotonic()``; collectors size their timeouts by ``remaining()``.
    """

    source: str
    catalogue: Catalogue
    deadline: float
    target: str | None = None
    requests: int = 0
    hint: str | None = None
    problems: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    _readings: dict[str, Reading] = field(default_factory=dict)
    _missing: dict[str, Missing] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def remaining(self, at_most: float = math.inf) -> float:
        """Return the seconds that are left, never negative, at most ``at_most``."""
        return min(at_most, max(0.0, self.deadline - time.monotonic()))

    def reading(  # noqa: PLR0913 - one parameter a field of Reading
        self,
        signal: str,
        value: float | None,
        *,
        by: Iterable[Part] = (),
        before: float | None = None,
        window: Range | None = None,
        bias: str | None = None,
        bound: Bound | None = None,
    ) -> None:
        """Record what was found of a signal; its unit is the catalogue's.

        NaN and infinities are not values: they are recorded as missing.
        """
        if value is not None and not math.isfinite(value):
            self.missing(signal, Reason.ABSENT, f"{self.source} returned {value}")
            return
        unit = self.catalogue.unit(signal)
        parts = tuple(replace(part, value=float(part.value)) for part in by if math.isfinite(part.value))
        found = Reading(
            signal=signal,
            unit=unit,
            source=self.source,
            value=value if value is None else float(value),  # a count may come as an int
            before=before if before is None or math.isfinite(before) else None,
            by=parts,
            window=window,
            bias=bias,
            bound=bound if bias else None,
        )
        with self._lock:
            if not self._closed:
                self._readings[signal] = found

    def missing(self, signal: str, reason: Reason, detail: str) -> None:
        """Record why a signal that this source might have yielded has no value."""
        with self._lock:
            if not self._closed:
                self._missing[signal] = Missing(reason, detail)

    def problem(self, text: str, *, hint: str | None = None) -> None:
        """Record that something went wrong although the source goes on: its status becomes partial."""
        self.problems.append(text)
        self.hint = self.hint or hint

    def doubt(self, doubt: Doubt) -> None:
        """Record that measurements, of this source or of others, mislead: their readings weigh less."""
        self.doubts.append(doubt)

    def close(self) -> tuple[dict[str, Reading], dict[str, Missing]]:
        """Stop accepting and return what there is: of each signal a reading, or else the reason.

        A thread that is still running writes into the void.
        """
        with self._lock:
            self._closed = True
            unknown = {name: why for name, why in self._missing.items() if name not in self._readings}
            return dict(self._readings), unknown


class Collector(Protocol):
    """A source: looks at the target and fills the sink, within ``sink.remaining()`` seconds.

    Raises SourceSkipped when there is nothing to look at, SourceFailed when the source as a whole
    gave nothing more. What is already in the sink is kept in every case.
    """

    def __call__(self, target: Target, sink: Sink, /) -> None:
        """Collect."""
        ...
