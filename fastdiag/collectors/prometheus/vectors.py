"""The vectors that the chosen sources take: of the present, then of the comparison window."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.pace import Pace
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.matching import pick
from fastdiag.metrics.plan import plan
from fastdiag.metrics.promql import Frame, Scope, promql
from fastdiag.metrics.vector import BUCKET, Sampling, Vector, VectorRequest
from fastdiag.model.signal import Combine, Labels, MetricSource

MAX_COMPARED_S: Final = 2.0
"""A present that takes longer to be told is not compared: the comparison would take as long again."""


@dataclass(slots=True)
class Answers:
    """Vectors of one window, what failed, what the server remarked on, and where a sample was no number."""

    vectors: dict[VectorRequest, Vector] = field(default_factory=dict)
    failures: dict[VectorRequest, SourceFailed] = field(default_factory=dict)
    remarks: dict[VectorRequest, tuple[str, ...]] = field(default_factory=dict)
    holes: set[VectorRequest] = field(default_factory=set)

    def add(self, request: VectorRequest, result: Result) -> None:
        """Put a result where it belongs: rows of equal labels add up. NaN is a sample that says nothing."""
        if isinstance(result, SourceFailed):
            self.failures[request] = result
            return
        self.remarks[request] = result.remarks
        vector: dict[Labels, float] = {}
        for series in result.series:
            if math.isnan(series.value):
                self.holes.add(request)
            else:
                labels = pick(series.labels, request.by)
                vector[labels] = vector.get(labels, 0.0) + series.value
        self.vectors[request] = vector


@dataclass(frozen=True, slots=True)
class Both:
    """The answers about one program: now, and in the comparison window."""

    now: Answers = field(default_factory=Answers)
    before: Answers = field(default_factory=Answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The answers by selector; ``slow_s`` is what the present took when that was too long to compare it."""

    found: Mapping[str, Both]
    slow_s: float | None = None


Wish = tuple[str, VectorRequest]
"""A request about the series of a selector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """When to look: the two ends of windows, on the server's clock, and how long the windows are."""

    pace: Pace
    now: float
    before: float


def fetch(
    server: PrometheusServer,
    sources: Sequence[tuple[Scope, MetricSource]],
    moments: Moments,
    known: Mapping[Wish, Answer],
    until: float,
) -> Fetched:
    """Return by selector what the sources take; what values need is asked for first.

    The present comes before the comparison window, which takes as long again: where the server is slow,
    only gauges are compared.
    """
    scopes = {scope.selector: scope for scope, _ in sources}
    found = {selector: Both() for selector in scopes}
    wishes = tuple(dict.fromkeys((*_wishes(sources, extra=False), *_wishes(sources, extra=True))))
    pace, started = moments.pace, time.monotonic()
    unknown = tuple(wish for wish in wishes if wish not in known)
    present = _ask(server, unknown, scopes, pace.frame, moments.now, until)
    for (selector, request), result in (*known.items(), *present):
        found[selector].now.add(request, result)
    took = time.monotonic() - started
    is_slow = took > min(MAX_COMPARED_S, until - time.monotonic())
    compared = {Sampling.LATEST} if is_slow else {Sampling.LATEST, Sampling.INCREASE}
    wishes = tuple(wish for wish in wishes if wish[1].sampling in compared)
    for (selector, request), result in _ask(server, wishes, scopes, pace.past, moments.before, until):
        found[selector].before.add(request, result)
    return Fetched(found=found, slow_s=took if is_slow else None)


def _ask(  # noqa: PLR0913 - what, of whom, when
    server: PrometheusServer,
    wishes: Sequence[Wish],
    scopes: Mapping[str, Scope],
    frame: Frame,
    at: float,
    until: float,
) -> Iterator[tuple[Wish, Result]]:
    """Ask the finest of what is wished: the answer to a coarser wish is a sum of its rows."""
    finest = {wish: max((one for one in wishes if _tells(one, wish)), key=_fineness) for wish in wishes}
    asked = list(dict.fromkeys(finest.values()))
    questions = [
        Question(promql(request, scopes[selector], frame), at, is_heavy=request.metric.endswith(BUCKET))
        for selector, request in asked
    ]
    results = dict(zip(asked, ask_all(server, questions, until), strict=True))
    yield from ((wish, results[finest[wish]]) for wish in wishes)


def _fineness(wish: Wish) -> int:
    return len(wish[1].by)


def _tells(fine: Wish, coarse: Wish) -> bool:
    """Whether the rows that answer one wish, added up, answer the other."""
    if fine == coarse:
        return True
    (whose, one), (whose_other, other) = fine, coarse
    if (whose, one.metric) != (whose_other, other.metric) or not set(one.by) > set(other.by):
        return False
    is_sum = one.sampling is Sampling.INCREASE and one.combine is Combine.SUM
    return is_sum and replace(one, by=()) == replace(other, by=())


def _wishes(sources: Sequence[tuple[Scope, MetricSource]], *, extra: bool) -> Iterator[Wish]:
    for scope, source in sources:
        plans = plan(source)
        for request in plans.extra if extra else plans.essential:
            yield scope.selector, request
