"""A quantile as PromQL, with the two limits that keep a histogram's buckets from misleading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import indent
from typing import Final

from fastdiag.metrics import plan
from fastdiag.metrics.promql import Frame, Scope, promql
from fastdiag.metrics.sight import MIN_OBSERVATIONS
from fastdiag.metrics.vector import COUNT, SUM, VectorRequest
from fastdiag.model.signal import Matcher, MetricSource

MAX_LANDMARKS: Final = 6
"""Bucket bounds by which is told how much the observations below the highest one can sum up to."""
_BEYOND: Final = 1.001
"""Above the highest finite bound, by as little as still shows."""


def quantile(source: MetricSource, scope: Scope, bounds: Mapping[str, float], window_s: int) -> str:
    """Return the expression for the quantile of all observations in the window.

    histogram_quantile() spreads observations evenly over their bucket, so that 1 ms appears as 4.8 s where
    buckets begin with 5 s: the quantile is never above what the sum of all observations allows. It never
    leaves the buckets either: with a highest one of 1 s it would never exceed 1 s. Above it, the estimate is
    the least possible mean of the observations up there.
    """
    of = _Observed(source=source, scope=scope, window_s=window_s)
    q = source.quantile if source.quantile is not None else 0.5
    count, total = of.count(), of.total()
    most = f"scalar(\n    {total}\n    / {count}\n  ) / {1 - q:.12g}"
    capped = f"clamp_max(\n  histogram_quantile({q!r}, {of.buckets()}),\n  {most}\n)"
    found = capped
    if bounds:
        marks = landmarks(bounds)
        top = marks[-1]
        upto = of.upto(bounds, top)
        below = "".join(
            f"\n    + {high - low:.12g} * {of.upto(bounds, low)}" for low, high in pairwise(marks)
        )
        sums, counts = f"({total}\n    - {top:.12g} * {upto}{below})", f"({count}\n    - {upto})"
        mean = f"clamp_min(\n    {sums}\n    / {counts},\n    {top * _BEYOND:.12g}\n  )"
        found = f"(\n  {mean}\n  and {upto}\n  / {count} < {q!r}\n)\nor {capped}"
    enough = f"(\n{indent(found, '  ')}\n)\nand {count} >= {MIN_OBSERVATIONS}"
    return enough if source.scale == 1 else f"(\n{indent(enough, '  ')}\n) * {source.scale!r}"


def landmarks(bounds: Mapping[str, float]) -> tuple[float, ...]:
    """Return a few bounds from the lowest to the highest, evenly chosen."""
    ordered = sorted(set(bounds.values()))
    if len(ordered) <= MAX_LANDMARKS:
        return tuple(ordered)
    last = len(ordered) - 1
    return tuple(ordered[round(number * last / (MAX_LANDMARKS - 1))] for number in range(MAX_LANDMARKS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observed:
    """Increases of the series of a source's histogram."""

    source: MetricSource
    scope: Scope
    window_s: int

    def buckets(self) -> str:
        return self._grown(replace(plan.buckets(self.source), by=(plan.LE,)))

    def total(self) -> str:
        return self._grown(replace(plan.sums(self.source), by=()))

    def count(self) -> str:
        sums = plan.sums(self.source)
        return self._grown(replace(sums, metric=sums.metric.removesuffix(SUM) + COUNT, by=()))

    def upto(self, bounds: Mapping[str, float], highest: float) -> str:
        """Return the observations up to a bound, which labels may spell in several ways."""
        texts = sorted(re.escape(text) for text, bound in bounds.items() if bound == highest)
        request = plan.buckets(self.source)
        where = (*request.where, Matcher(plan.LE, "|".join(texts)))
        return self._grown(replace(request, by=(), where=where))

    def _grown(self, request: VectorRequest) -> str:
        return promql(replace(request, parts=()), self.scope, Frame(window_s=self.window_s, step_s=1))
