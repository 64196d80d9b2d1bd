"""Which signals are shown over time, and how they went as far as earlier diagnoses tell."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from fastdiag.engine.thresholds import threshold
from fastdiag.model.course import Course, Told
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Run
from fastdiag.model.moment import seconds_of
from fastdiag.model.rule import Kind, Rulebook
from fastdiag.model.signal import Catalogue

KEYS: Final = (
    "http.rps",
    "http.latency.p95",
    "http.timeouts.ratio",
    "http.errors.ratio",
    "service.cpu",
    "db.pool.utilization",
    "db.pool.waiting",
    "db.pool.idle",
    "db.connections.utilization",
    "external.latency.p95",
    "http.in_flight",
    "loop.blocked.ratio",
    "queue.depth",
    "process.rss",
)
"""What the classic sequence of failure shows in, and what each family of causes shows in first."""
MAX_TELLING: Final = 4
"""Signals that are shown because the verdict rests on them, beside the keys."""
LEAST_POINTS: Final = 2
GAP: Final = 3.0
"""Runs that lie so many times farther apart than usual have a gap between them."""
LEAST_SPAN_S: Final = 600.0
"""So much time is shown at least: of less than this a chart is a stroke."""


def key_signals(diagnosis: Diagnosis, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the signals worth showing, the most telling first: those of the first cause, then the keys."""
    quoted = dict.fromkeys(_quoted(diagnosis))
    extra = [name for name in quoted if name not in KEYS][:MAX_TELLING]
    named = [name for name in quoted if name in KEYS or name in extra]
    return tuple(name for name in dict.fromkeys((*named, *KEYS)) if name in catalogue.signals)


def _quoted(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the signals that speak for the first failure, the weightiest first."""
    failures = (cause for cause in diagnosis.causes if cause.kind is Kind.FAILURE)
    first = next(failures, None)
    if first is not None:
        for fact in sorted(first.supports, key=lambda fact: -abs(fact.log_odds)):
            yield from fact.signals


def from_runs(
    runs: Iterable[Run], signals: Sequence[str], catalogue: Catalogue, since: float
) -> tuple[Course, ...]:
    """Return how these signals went, as far as at least two runs since then saw them."""
    dated = [(at, run) for run in runs if (at := seconds_of(run.taken_at)) is not None and at >= since]
    dated.sort(key=lambda one: one[0])
    found = []
    for name in signals:
        points = tuple(_with_gaps([(at, run.signals.get(name)) for at, run in dated]))
        if sum(value is not None for _, value in points) >= LEAST_POINTS:
            signal = catalogue.signals[name]
            found.append(
                Course(signal=name, title=signal.title, unit=signal.unit, points=points, told=Told.HISTORY)
            )
    return tuple(found)


def since_known(courses: Sequence[Course]) -> tuple[Course, ...]:
    """Return the courses from when on anything is known of any of them.

    Whoever began to look an hour ago sees an hour, not a day that is empty up to its end.
    """
    moments = [at for course in courses for at, _ in course.points]
    known = [at for course in courses for at, value in course.points if value is not None]
    if not known:
        return tuple(courses)
    begin = min(*known, max(moments) - LEAST_SPAN_S)
    return tuple(
        replace(course, points=tuple(point for point in course.points if point[0] >= begin))
        for course in courses
    )


def _with_gaps(points: Sequence[tuple[float, float | None]]) -> Iterator[tuple[float, float | None]]:
    """Put a moment of which nothing is known into every stretch in which nobody looked."""
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
    usual = statistics.median(gaps) if gaps else 0.0
    for number, (at, value) in enumerate(points):
        before = points[number - 1][0] if number else at
        if at - before > GAP * usual > 0:
            yield (before + at) / 2, None
        yield at, value


def with_thresholds(
    courses: Iterable[Course], diagnosis: Diagnosis, rulebook: Rulebook
) -> tuple[Course, ...]:
    """Return the courses with what the table calls too much of each."""
    return tuple(
        replace(course, threshold=threshold(course.signal, diagnosis.snapshot, rulebook))
        for course in courses
    )
