"""From a source's vectors, now and in the comparison window, to what a reading holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.metrics import plan
from fastdiag.metrics.look import look
from fastdiag.metrics.matching import matches
from fastdiag.metrics.sight import Share, Sight
from fastdiag.metrics.vector import Vector, Window
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import (
    Bound,
    Labels,
    MetricKind,
    MetricSource,
    Missing,
    Part,
    Range,
    Reason,
    common_bound,
)

MAX_PARTS: Final = 20
"""How many parts of a breakdown are kept, the worst first."""
MAX_INSTANCES: Final = 200
"""How many instances: a formula needs both of its sides, and the worst of one may be least of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The fields of a Reading that a metric source yields; see there.

    ``beyond`` and ``between`` say how exactly a quantile is known; see Sight.
    """

    value: float
    before: float | None = None
    by: tuple[Part, ...] = ()
    window: Range | None = None
    bias: str | None = None
    bound: Bound | None = None
    beyond: float | None = None
    between: tuple[float, float] | None = None


def evaluate(source: MetricSource, unit: Unit, now: Window, before: Window | None = None) -> Found | Missing:
    """Return what a source says, or why it says nothing.

    A quantile over fewer than 20 requests, a ratio without traffic and whatever was not fetched are
    missing. What is missing in the comparison window only leaves ``before`` empty.
    """
    present = look(source, now)
    if isinstance(present, Missing):
        return present
    if not math.isfinite(present.value):
        return Missing(Reason.ABSENT, f"{source.metric} yields {present.value}")
    past = look(source, before) if before else None
    doubts = dict(_doubts(source, present, unit, now))
    return Found(
        value=present.value,
        before=_finite(past.value) if isinstance(past, Sight) else None,
        by=_breakdown(source, present, past, now, before),
        window=_range(source, now),
        bias="; ".join(doubts) or None,
        bound=common_bound(doubts.values()),
        beyond=present.beyond,
        between=present.between,
    )


def _doubts(
    source: MetricSource, sight: Sight, unit: Unit, now: Window
) -> Iterator[tuple[str, Bound | None]]:
    """Yield why the value is in doubt, and on which side of it the true one lies then."""
    if sight.beyond is not None:
        top = format_value(sight.beyond, unit)
        yield f"above the top bucket of {source.metric}: at least {top}", Bound.AT_LEAST
    if sight.few is not None:
        yield f"only {sight.few} requests in the window", None
    if sight.blind is not None:
        yield sight.blind, None
    if source.bias is not None and (not source.bias_where or _has_biased(source, now)):
        yield source.bias, source.bound


def _has_biased(source: MetricSource, now: Window) -> bool:
    return any(
        matches(dict(labels), source.bias_where)
        for request in plan.plan(source).essential
        for labels in now.answers[request]
    )


def first_existing(sources: Iterable[MetricSource], names: frozenset[str]) -> MetricSource | None:
    """Return the first source whose metric exists: the library is detected, not configured."""
    return next((source for source in sources if plan.marker(source) in names), None)


def _breakdown(
    source: MetricSource, present: Sight, past: Sight | Missing | None, now: Window, before: Window | None
) -> tuple[Part, ...]:
    if source.detail is not None:
        detail = look(source.detail, now)
        if isinstance(detail, Sight):
            return _parts(detail, look(source.detail, before) if before else None)
    return _parts(present, past, MAX_INSTANCES if source.per_instance else MAX_PARTS)


def _parts(present: Sight, past: Sight | Missing | None, most: int = MAX_PARTS) -> tuple[Part, ...]:
    earlier: Mapping[Labels, Share] = past.parts if isinstance(past, Sight) else {}
    parts = [
        Part(
            labels=labels,
            value=share.value,
            before=_finite(earlier[labels].value) if labels in earlier else None,
            count=share.count,
        )
        for labels, share in present.parts.items()
    ]
    parts.sort(key=lambda part: (-part.value, part.labels))
    return tuple(parts[:most])


def _range(source: MetricSource, now: Window) -> Range | None:
    """Return the span of a gauge over the window, where both ends were fetched."""
    if source.kind is not MetricKind.GAUGE:
        return None
    low = _only(now.answers.get(plan.lowest(source), {}))
    high = _only(now.answers.get(plan.highest(source), {}))
    if low is None or high is None:
        return None
    return Range(lowest=low * source.scale, highest=high * source.scale, samples=now.samples)


def _only(vector: Vector) -> float | None:
    return _finite(next(iter(vector.values()))) if len(vector) == 1 else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
