"""What one window shows of a metric source: a number and its parts, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.metrics import plan
from fastdiag.metrics.histogram import Histogram, merge
from fastdiag.metrics.matching import matches, minds_absence
from fastdiag.metrics.vector import Vector, Window
from fastdiag.model.signal import Combine, Labels, MetricKind, MetricSource, Missing, Reason

MIN_OBSERVATIONS: Final = 20
"""Quantiles and ratios over fewer say little about the next request."""
_NO_TRAFFIC: Final = "no traffic in the window"


@dataclass(frozen=True, slots=True)
class Share:
    """The value of one part and the observations behind it, where the notion applies."""

    value: float
    count: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A source in one window. NaN stands for a rate over a window of unknown length.

    beyond  the top finite bucket, when the quantile lies somewhere above it
    few     number of requests behind a ratio, when they are too few to trust it
    """

    value: float
    parts: Mapping[Labels, Share] = field(default_factory=dict)
    beyond: float | None = None
    few: int | None = None


def look(source: MetricSource, window: Window) -> Sight | Missing:
    """Compute a source's value and parts from the answers of one window; its ``detail`` is left aside."""
    unasked = [request for request in plan.plan(source).essential if request not in window.answers]
    if unasked:
        return Missing(Reason.FAILED, f"{unasked[0].metric} was not fetched")
    match source.kind:
        case MetricKind.HISTOGRAM:
            return _quantile(source, window)
        case MetricKind.COUNTER if source.per is None:
            return _rate(source, window)
        case MetricKind.COUNTER:
            return _ratio(source, window)
        case MetricKind.GAUGE:
            return _latest(source, window.answers[plan.latest(source)])


def combined(values: Iterable[float], combine: Combine) -> float:
    """Combine the values of at least one series."""
    numbers = list(values)
    match combine:
        case Combine.SUM:
            return math.fsum(numbers)
        case Combine.MAX:
            return max(numbers)
        case Combine.MIN:
            return min(numbers)
        case Combine.AVG:
            return math.fsum(numbers) / len(numbers)


# --- quantiles --------------------------------------------------------------------------------


def _quantile(source: MetricSource, window: Window) -> Sight | Missing:
    histograms = _histograms(source, window)
    everything = merge(histograms.values())
    count = round(everything.count)
    if count < MIN_OBSERVATIONS:
        return Missing(Reason.ABSENT, f"only {count} requests in the window" if count else _NO_TRAFFIC)
    q = source.quantile if source.quantile is not None else math.nan
    found = everything.quantile(q)
    if found is None:
        return Missing(Reason.ABSENT, f"{source.metric} has no buckets")
    return Sight(value=found.value, parts=_part_quantiles(histograms, q), beyond=found.beyond)


def _part_quantiles(histograms: Mapping[Labels, Histogram], q: float) -> dict[Labels, Share]:
    parts = {}
    for labels, histogram in histograms.items():
        found = histogram.quantile(q)
        if labels and found and round(histogram.count) >= MIN_OBSERVATIONS:
            parts[labels] = Share(found.value, histogram.count)
    return parts


def _histograms(source: MetricSource, window: Window) -> dict[Labels, Histogram]:
    """Return a histogram for each part. `le` is spelt "1" or "1.0", so bounds are compared as numbers."""
    cumulative: dict[Labels, dict[float, float]] = {}
    for labels, value in window.answers[plan.buckets(source)].items():
        own = tuple(pair for pair in labels if pair[0] != plan.LE)
        bound = _bound(dict(labels).get(plan.LE), source.scale)
        if bound is not None:
            bounds = cumulative.setdefault(own, {})
            bounds[bound] = bounds.get(bound, 0.0) + value
    sums = window.answers.get(plan.sums(source), {})
    return {
        labels: Histogram.of(bounds, sums[labels] * source.scale if labels in sums else None)
        for labels, bounds in cumulative.items()
    }


def _bound(text: str | None, scale: float) -> float | None:
    try:
        bound = float(text or "") * scale
    except ValueError:
        return None
    return None if math.isnan(bound) else bound


# --- counters ---------------------------------------------------------------------------------


def _rate(source: MetricSource, window: Window) -> Sight | Missing:
    grown = window.answers[plan.increase(source)]
    if not grown:
        return Missing(Reason.ABSENT, f"{source.metric} has no samples in the window")
    per_second = source.scale / window.seconds if window.seconds > 0 else math.nan
    parts = {labels: Share(value * per_second, value) for labels, value in grown.items() if labels}
    return Sight(value=combined(grown.values(), source.combine) * per_second, parts=parts)


def _ratio(source: MetricSource, window: Window) -> Sight | Missing:
    found = _fractions(source, window)
    if isinstance(found, Missing):
        return found
    numerator, denominator = found
    traffic = math.fsum(denominator.values())
    if traffic <= 0:
        return Missing(Reason.ABSENT, _NO_TRAFFIC)
    parts = {
        labels: Share(numerator.get(labels, 0.0) / count, count)
        for labels, count in denominator.items()
        if labels and count > 0
    }
    few = max(1, round(traffic)) if traffic < MIN_OBSERVATIONS else None
    return Sight(value=math.fsum(numerator.values()) / traffic, parts=parts, few=few)


def _fractions(source: MetricSource, window: Window) -> tuple[Vector, Vector] | Missing:
    """Return the increase of the numerator and of the denominator, by part."""
    if not plan.has_one_metric(source):
        return window.answers[plan.increase(source)], window.answers[plan.denominator(source)]
    everything = window.answers[plan.parted(source)]
    seen = {name for labels in everything for name, _ in labels}
    for matcher in source.where:
        # A status label that never appears does not mean that nothing failed.
        if everything and matcher.label not in seen and not minds_absence(matcher):
            return Missing(Reason.ABSENT, f"{source.metric} has no label {matcher.label!r}")
    chosen = {labels: value for labels, value in everything.items() if matches(dict(labels), source.where)}
    return _by_part(source, chosen), _by_part(source, everything)


def _by_part(source: MetricSource, vector: Vector) -> dict[Labels, float]:
    parts: dict[Labels, float] = {}
    for labels, value in vector.items():
        own = tuple(pair for pair in labels if pair[0] == source.by)
        parts[own] = parts.get(own, 0.0) + value
    return parts


# --- gauges -----------------------------------------------------------------------------------


def _latest(source: MetricSource, values: Vector) -> Sight | Missing:
    if not values:
        return Missing(Reason.ABSENT, f"{source.metric} has no samples")
    scaled = {labels: value * source.scale for labels, value in values.items()}
    parts = {labels: Share(value) for labels, value in scaled.items() if labels}
    return Sight(value=combined(scaled.values(), source.combine), parts=parts)
