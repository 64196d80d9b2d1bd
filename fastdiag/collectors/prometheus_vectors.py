"""The vectors of both windows from a server, at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus_pace import Pace
from fastdiag.collectors.prometheus_server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.matching import pick
from fastdiag.metrics.plan import Plan
from fastdiag.metrics.promql import promql
from fastdiag.metrics.vector import Sampling, Vector, VectorRequest


@dataclass(slots=True)
class Answers:
    """Vectors of one window, what failed, and what the server remarked on."""

    vectors: dict[VectorRequest, Vector] = field(default_factory=dict)
    failures: dict[VectorRequest, SourceFailed] = field(default_factory=dict)
    remarks: dict[VectorRequest, tuple[str, ...]] = field(default_factory=dict)

    def add(self, request: VectorRequest, result: Answer | SourceFailed) -> None:
        """Put a result where it belongs. NaN is a sample that says nothing."""
        if isinstance(result, SourceFailed):
            self.failures[request] = result
            return
        self.remarks[request] = result.remarks
        self.vectors[request] = {
            pick(series.labels, request.by): series.value
            for series in result.series
            if not math.isnan(series.value)
        }


@dataclass(frozen=True, slots=True)
class Queries:
    """How one service is asked about: now, and in the comparison window that ends at ``before``."""

    server: PrometheusServer
    selector: str
    pace: Pace
    now: float
    before: float

    def fetch(self, plans: Sequence[Plan], until: float) -> tuple[Answers, Answers]:
        """Return what the plans take, now and then; what values need is asked for first."""
        needed = dict.fromkeys(request for plan in plans for request in plan.essential)
        extra = dict.fromkeys(request for plan in plans for request in plan.extra if request not in needed)
        compared = [request for request in extra if request.sampling is Sampling.INCREASE]
        present, past = Answers(), Answers()
        wanted = [
            *((request, present) for request in needed),
            *((request, past) for request in needed),
            *((request, present) for request in extra),
            *((request, past) for request in compared),
        ]
        calls = [
            partial(self.server.ask, self._query(request, is_past=answers is past), self._at(answers is past))
            for request, answers in wanted
        ]
        for (request, answers), result in zip(wanted, run_all(calls, until), strict=True):
            answers.add(request, result)
        return present, past

    def _query(self, request: VectorRequest, *, is_past: bool) -> str:
        return promql(request, self.selector, self.pace.past if is_past else self.pace.frame)

    def _at(self, is_past: bool) -> float:
        return self.before if is_past else self.now
