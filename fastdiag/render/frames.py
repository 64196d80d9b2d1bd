"""The lines of code in which threads were caught, as a sentence: what somebody at 3 a.m. is to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import RankedCause
from fastdiag.model.signal import Part, Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.words import percent

LEAST_SHARE: Final = 0.15
"""A line that is seen less often is not where the trouble is."""
MAX_LINES: Final = 2
AUDIT: Final = "audit"
"""The label of what `fastdiag audit` said of a line, as long as its file is the same."""


@dataclass(frozen=True, slots=True)
class _Caught:
    """A reading by line of code; ``does`` is said where nothing is known to be called there."""

    signal: str
    does: str
    of: str


_BLOCKED: Final = _Caught("loop.blocking_frame", "sleeps", "samples")
_COMPUTING: Final = _Caught("loop.computing_frame", "computes", "samples")
_THREADS: Final = _Caught("threads.frame", "is where they stand", "the threads at work")
_BY_SIGNAL: Final[Mapping[str, _Caught]] = {
    "loop.blocked.ratio": _BLOCKED,
    "loop.blocking_frame": _BLOCKED,
    "loop.background.ratio": _BLOCKED,
    "loop.tasks.ratio": _BLOCKED,
    "loop.running.ratio": _COMPUTING,
    "loop.computing_frame": _COMPUTING,
    "service.cpu": _COMPUTING,
    "threads.limiter.busy": _THREADS,
    "threads.waiting_for_connection": _THREADS,
}
"""Which lines are to be shown beside what speaks for a cause."""


def caught(snapshot: Snapshot, cause: RankedCause) -> tuple[str, ...]:
    """Return `shop/pricing.py:42 in total calls requests.get, in 19 of 20 samples`, the worst line first."""
    quoted = {signal for fact in cause.supports for signal in fact.signals if f"{signal} <" not in fact.when}
    kinds = dict.fromkeys(kind for signal, kind in _BY_SIGNAL.items() if signal in quoted)
    return tuple(line for kind in kinds for line in _lines(kind, snapshot.readings.get(kind.signal)))


def _lines(kind: _Caught, reading: Reading | None) -> Iterator[str]:
    parts = [part for part in reading.by if part.value >= LEAST_SHARE] if reading else []
    told: set[str] = set()
    for part in parts[:MAX_LINES]:
        labels = dict(part.labels)
        if "frame" in labels:
            yield f"{labels['frame']} {_deed(kind, labels)}, {_how_often(kind, part)}"
        said = labels.get(AUDIT)
        if said and said not in told:
            told.add(said)
            yield f"the audit of this line: {said}"


def _deed(kind: _Caught, labels: Mapping[str, str]) -> str:
    """Return what is done at the line: the library's function that it calls, what it sleeps in, or both."""
    calls, does = labels.get("calls"), labels.get("does")
    if calls:
        return f"calls {calls} ({does})" if does else f"calls {calls}"
    return f"waits in {does}" if does else kind.does


def _how_often(kind: _Caught, part: Part) -> str:
    if part.count is None:
        return f"{percent(part.value)} of {kind.of}"
    return f"in {round(part.value * part.count)} of {round(part.count)} {kind.of}"
