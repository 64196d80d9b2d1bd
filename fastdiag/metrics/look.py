"""Looking at a metric source through one window: what it shows, or why it shows nothing."""

from __future__ import annotations

from fastdiag.metrics import plan
from fastdiag.metrics.counters import rate, ratio
from fastdiag.metrics.quantiles import quantile
from fastdiag.metrics.sight import Share, Sight, combined
from fastdiag.metrics.vector import Vector, Window
from fastdiag.model.signal import MetricKind, MetricSource, Missing, Reason


def look(source: MetricSource, window: Window) -> Sight | Missing:
    """Compute a source's value and parts from the answers of one window; its ``detail`` is left aside."""
    unasked = [request for request in plan.plan(source).essential if request not in window.answers]
    if unasked:
        return Missing(Reason.FAILED, f"{unasked[0].metric} was not fetched")
    match source.kind:
        case MetricKind.HISTOGRAM:
            return quantile(source, window)
        case MetricKind.COUNTER if source.per is None:
            return rate(source, window)
        case MetricKind.COUNTER:
            return ratio(source, window)
        case MetricKind.GAUGE:
            return _latest(source, window.answers[plan.latest(source)])


def _latest(source: MetricSource, values: Vector) -> Sight | Missing:
    if not values:
        return Missing(Reason.ABSENT, f"{source.metric} has no samples")
    scaled = {labels: value * source.scale for labels, value in values.items()}
    parts = {labels: Share(value) for labels, value in scaled.items() if labels}
    return Sight(value=combined(scaled.values(), source.combine), parts=parts)
