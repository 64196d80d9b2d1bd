"""Rates and ratios of counters, service-wide and by part."""

from __future__ import annotations

import math

from fastdiag.metrics import plan
from fastdiag.metrics.matching import matches, minds_absence, regrouped
from fastdiag.metrics.sight import MIN_OBSERVATIONS, NO_TRAFFIC, Share, Sight, combined
from fastdiag.metrics.vector import Vector, Window
from fastdiag.model.signal import Combine, Labels, MetricSource, Missing, Reason


def rate(source: MetricSource, window: Window) -> Sight | Missing:
    """Return the increase per second; NaN where the length of the window is not known."""
    request = plan.increase(source)
    everything = window.answers[request]
    if not everything:
        return Missing(Reason.ABSENT, f"{source.metric} has no samples in the window")
    if plan.is_sifted(source) and (why := _untold(source, everything)):
        return Missing(Reason.ABSENT, why)
    seen = _sighted(source, everything, request.by)
    if isinstance(seen, Missing):
        return seen
    told, blind = seen
    if plan.is_sifted(source):
        told = _chosen(source, told) or {(): 0.0}
    grown = _by_part(source, told) if request.combine is Combine.SUM else told
    per_second = source.scale / window.seconds if window.seconds > 0 else math.nan
    parts = {labels: Share(value * per_second, value) for labels, value in grown.items() if labels}
    return Sight(value=combined(grown.values(), source.combine) * per_second, parts=parts, blind=blind)


def ratio(source: MetricSource, window: Window) -> Sight | Missing:
    """Return the increase relative to that of another counter, or to that of all of its own series."""
    found = _fractions(source, window)
    if isinstance(found, Missing):
        return found
    numerator, denominator, blind = found
    traffic = math.fsum(denominator.values())
    if traffic <= 0:
        return Missing(Reason.ABSENT, NO_TRAFFIC)
    parts = {
        labels: Share(numerator.get(labels, 0.0) * source.scale / count, count)
        for labels, count in denominator.items()
        if labels and count > 0
    }
    few = max(1, round(traffic)) if traffic < MIN_OBSERVATIONS else None
    value = math.fsum(numerator.values()) * source.scale / traffic
    return Sight(value=value, parts=parts, few=few, blind=blind)


_Fractions = tuple[Vector, Vector, str | None]
"""The increase of a numerator and of its denominator by part, and what is not seen of them."""


def _fractions(source: MetricSource, window: Window) -> _Fractions | Missing:
    if not plan.has_one_metric(source):
        return window.answers[plan.increase(source)], window.answers[plan.denominator(source)], None
    everything = window.answers[plan.parted(source)]
    if why := _untold(source, everything):
        return Missing(Reason.ABSENT, why)
    seen = _sighted(source, everything, plan.parted(source).by)
    if isinstance(seen, Missing):
        return seen
    told, blind = seen
    return _by_part(source, _chosen(source, told)), _by_part(source, told), blind


def _chosen(source: MetricSource, vector: Vector) -> Vector:
    return {labels: value for labels, value in vector.items() if matches(dict(labels), source.where)}


def _untold(source: MetricSource, everything: Vector) -> str | None:
    """Say why the labels cannot tell the numerator: a status that never appears does not mean no failure."""
    for matcher in source.where if not source.requires else ():
        has_label = any(name == matcher.label for labels in everything for name, _ in labels)
        if everything and not has_label and not minds_absence(matcher):
            return f"{source.metric} has no label {matcher.label!r}"
    for matcher in source.requires:
        values = {dict(labels).get(matcher.label, "") for labels in everything}
        if everything and not any(matches({matcher.label: value}, (matcher,)) for value in values):
            return f"{matcher.label!r} of {source.metric} is {min(values)!r}, which does not tell"
    return None


def _sighted(
    source: MetricSource, vector: Vector, keep: tuple[str, ...]
) -> tuple[Vector, str | None] | Missing:
    """Leave blind series out. All of them blind is no zero: the signal is absent for their reason."""
    blind = source.blind
    if blind is None:
        return vector, None
    told = {labels: value for labels, value in vector.items() if not matches(dict(labels), blind.where)}
    if vector and not told:
        return Missing(Reason.ABSENT, blind.because)
    return regrouped(told, keep), blind.because if len(told) < len(vector) else None


def _by_part(source: MetricSource, vector: Vector) -> dict[Labels, float]:
    return regrouped(vector, plan.parts(source))
