"""Which causes and signals the live screen shows, in which order, each with its course over the looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Verdict
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Kind
from fastdiag.model.watching import Look, Watched
from fastdiag.render.outline import Branch, outline, strongest

Values = tuple[float | None, ...]
"""One value a look, the oldest first; None where nothing was seen."""

VITALS: Final = (
    ("http.latency.p95", "probe.latency"),
    ("http.errors.ratio", "probe.failures"),
    ("http.rps",),
    ("http.stuck", "http.in_flight"),
    ("service.cpu",),
    ("db.pool.utilization",),
    ("db.pool.waiting",),
    ("db.connections.utilization",),
    ("threads.limiter.busy",),
    ("queue.depth",),
)
"""What is shown of every service, in this order; of each row the first that was seen."""
_MAX_ROOTS: Final = 2
"""Causes whose evidence is worth a row of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """One cause: how likely now, as the last look judged it, and how it came to that.

    depth    how many causes it is a consequence of
    verdict  None for a cause that is no longer possible
    """

    id: str
    title: str
    kind: Kind | None
    depth: int
    verdict: Verdict | None
    probability: float | None
    course: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """One signal over the looks; ``missing`` says why it has no value now."""

    id: str
    unit: Unit
    course: Values
    missing: str | None

    @property
    def now(self) -> float | None:
        """Return the value in the last look."""
        return self.course[-1] if self.course else None


def cause_rows(watched: Watched) -> tuple[CauseRow, ...]:
    """Return the causes of the last diagnosis as a tree, those of earlier looks, the blind spots."""
    diagnosis = watched.diagnosis
    if diagnosis is None:
        return ()
    rows = [*chain.from_iterable(_tree(branch, 0, watched) for branch in outline(diagnosis.causes))]
    failures = [row for row in rows if row.kind is Kind.FAILURE]
    blind = [row for row in rows if row.kind is not Kind.FAILURE]
    listed = {row.id for row in rows}
    return (*failures, *(_gone(id_, watched) for id_ in _earlier(watched.looks, listed)), *blind)


def _tree(branch: Branch, depth: int, watched: Watched) -> Iterator[CauseRow]:
    cause = branch.cause
    yield CauseRow(
        id=cause.id,
        title=cause.title,
        kind=cause.kind,
        depth=depth,
        verdict=cause.verdict,
        probability=cause.probability,
        course=_course_of_cause(cause.id, watched.looks),
    )
    for consequence in branch.consequences:
        yield from _tree(consequence, depth + 1, watched)


def _gone(id_: str, watched: Watched) -> CauseRow:
    course = _course_of_cause(id_, watched.looks)
    return CauseRow(
        id=id_,
        title=watched.titles.get(id_, id_),
        kind=None,
        depth=0,
        verdict=None,
        probability=course[-1] if course else None,
        course=course,
    )


def _earlier(looks: Sequence[Look], listed: set[str]) -> tuple[str, ...]:
    """Return the causes that were possible once and are no longer, the latest first."""
    ids = chain.from_iterable(sorted(look.listed) for look in reversed(looks))
    return tuple(id_ for id_ in dict.fromkeys(ids) if id_ not in listed)


def _course_of_cause(id_: str, looks: Sequence[Look]) -> Values:
    return tuple(look.probabilities.get(id_) for look in looks)


def signal_rows(watched: Watched) -> tuple[SignalRow, ...]:
    """Return the vital signs that were ever seen, then what the first causes rest on."""
    named = [*_vitals(watched), *(_evidence(watched.diagnosis) if watched.diagnosis else ())]
    known = [signal for signal in dict.fromkeys(named) if signal in watched.units]
    return tuple(_signal(signal, watched) for signal in known)


def _vitals(watched: Watched) -> Iterator[str]:
    latest = watched.looks[-1].values if watched.looks else {}
    for row in VITALS:
        seen = [*filter(latest.__contains__, row), *filter(watched.units.__contains__, row)]
        yield from seen[:1]


def _evidence(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the signals that speak for the first failures, what says most of each first."""
    failures = [branch for branch in outline(diagnosis.causes) if branch.cause.kind is Kind.FAILURE]
    for branch in chain.from_iterable(map(_with_consequences, failures[:_MAX_ROOTS])):
        for fact in strongest(branch.cause.supports):
            yield from (signal for signal, value in fact.signals.items() if value is not None)


def _with_consequences(branch: Branch) -> Iterator[Branch]:
    yield branch
    yield from chain.from_iterable(map(_with_consequences, branch.consequences))


def _signal(signal: str, watched: Watched) -> SignalRow:
    course = tuple(look.values.get(signal) for look in watched.looks)
    return SignalRow(
        id=signal,
        unit=watched.units[signal],
        course=course,
        missing=None if course and course[-1] is not None else _why(signal, watched),
    )


def _why(signal: str, watched: Watched) -> str:
    if watched.trouble is not None or watched.diagnosis is None:
        return "no look"
    missing = watched.diagnosis.snapshot.missing.get(signal)
    return str(missing.reason) if missing else "not asked"


def span_of(looks: Sequence[Look], cells: int) -> float | None:
    """Return how many seconds the looks in so many cells reach back; None for fewer than two."""
    shown = looks[-cells:] if cells > 0 else ()
    return shown[-1].at - shown[0].at if len(shown) > 1 else None
