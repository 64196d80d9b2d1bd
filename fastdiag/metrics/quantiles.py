"""Quantiles of a source's histograms, service-wide and by part."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fastdiag.metrics import plan
from fastdiag.metrics.histogram import Histogram, merge
from fastdiag.metrics.matching import regrouped
from fastdiag.metrics.sight import MIN_OBSERVATIONS, NO_TRAFFIC, Share, Sight
from fastdiag.metrics.vector import Window
from fastdiag.model.signal import Labels, MetricSource, Missing, Reason


def quantile(source: MetricSource, window: Window) -> Sight | Missing:
    """Estimate the quantile of all observations in the window, and of each part that has enough of them."""
    histograms = _histograms(source, window)
    everything = merge(histograms.values())
    count = round(everything.count)
    if count < MIN_OBSERVATIONS:
        return Missing(Reason.ABSENT, f"only {count} requests in the window" if count else NO_TRAFFIC)
    q = source.quantile if source.quantile is not None else math.nan
    found = everything.quantile(q)
    if found is None:
        return Missing(Reason.ABSENT, f"{source.metric} has no buckets")
    parts = _part_quantiles(histograms, q)
    return Sight(value=found.value, parts=parts, beyond=found.beyond, between=found.between)


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
    keep = plan.parts(source)
    for labels, value in window.answers[plan.buckets(source)].items():
        own = tuple(pair for pair in labels if pair[0] in keep)
        bound = _bound(dict(labels).get(plan.LE), source.scale)
        if bound is not None:
            bounds = cumulative.setdefault(own, {})
            bounds[bound] = bounds.get(bound, 0.0) + value
    sums = regrouped(window.answers.get(plan.sums(source), {}), keep)
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
