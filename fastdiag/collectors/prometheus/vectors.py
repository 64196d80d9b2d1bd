"""The vectors that the chosen sources take, of both windows, at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.pace import Pace
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.matching import pick
from fastdiag.metrics.plan import plan
from fastdiag.metrics.promql import Scope, promql
from fastdiag.metrics.vector import BUCKET, Sampling, Vector, VectorRequest
from fastdiag.model.signal import Labels, MetricSource


@dataclass(slots=True)
class Answers:
    """Vectors of one window, what failed, and what the server remarked on."""

    vectors: dict[VectorRequest, Vector] = field(default_factory=dict)
    failures: dict[VectorRequest, SourceFailed] = field(default_factory=dict)
    remarks: dict[VectorRequest, tuple[str, ...]] = field(default_factory=dict)

    def add(self, request: VectorRequest, result: Result) -> None:
        """Put a result where it belongs: rows of equal labels add up. NaN is a sample that says nothing."""
        if isinstance(result, SourceFailed):
            self.failures[request] = result
            return
        self.remarks[request] = result.remarks
        vector: dict[Labels, float] = {}
        for series in result.series:
            if not math.isnan(series.value):
                labels = pick(series.labels, request.by)
                vector[labels] = vector.get(labels, 0.0) + series.value
        self.vectors[request] = vector


@dataclass(frozen=True, slots=True)
class Both:
    """The answers about one program: now, and in the comparison window."""

    now: Answers = field(default_factory=Answers)
    before: Answers = field(default_factory=Answers)


@dataclass(frozen=True, slots=True)
class _Wish:
    scope: Scope
    request: VectorRequest
    answers: Answers
    is_past: bool


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
    until: float,
) -> dict[str, Both]:
    """Return by selector what the sources take; what values need is asked for first."""
    found = {scope.selector: Both() for scope, _ in sources}
    needed = list(dict.fromkeys(_requests(sources, extra=False)))
    extra = [one for one in dict.fromkeys(_requests(sources, extra=True)) if one not in needed]
    scopes = {scope.selector: scope for scope, _ in sources}
    wishes = [
        _Wish(scopes[selector], request, both.before if is_past else both.now, is_past)
        for group in (needed, extra)
        for is_past in (False, True)
        for selector, request in group
        if group is needed or not is_past or request.sampling is Sampling.INCREASE
        for both in (found[selector],)
    ]
    questions = [_question(wish, moments) for wish in wishes]
    for wish, result in zip(wishes, ask_all(server, questions, until), strict=True):
        wish.answers.add(wish.request, result)
    return found


def _requests(
    sources: Sequence[tuple[Scope, MetricSource]], *, extra: bool
) -> Iterator[tuple[str, VectorRequest]]:
    for scope, source in sources:
        plans = plan(source)
        for request in plans.extra if extra else plans.essential:
            yield scope.selector, request


def _question(wish: _Wish, moments: Moments) -> Question:
    frame = moments.pace.past if wish.is_past else moments.pace.frame
    return Question(
        promql(wish.request, wish.scope, frame),
        moments.before if wish.is_past else moments.now,
        is_heavy=wish.request.metric.endswith(BUCKET),
    )
