"""What samples cannot tell: quantiles beyond the buckets or within a wide one, routes by their ids, NaN."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fastdiag.metrics.evaluate import Found
from fastdiag.model.doubt import JOINT, Doubt
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Bound, MetricSource, Signal

OF_REQUESTS: Final = ("http.latency.", "proxy.latency.")
"""Families of signals that are held against what a user calls slow."""
SHARE_ONE_PAGE: Final = "let the workers share one page (PROMETHEUS_MULTIPROC_DIR), or scrape each by itself"
ALIKE: Final = 20
"""So many values of a route label that differ only in their numbers are ids, not routes."""
_ID: Final = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*)(?=/|$)")


def quantile_doubts(
    signal: Signal, metric: MetricSource, found: Found, slow_s: float, source: str
) -> Iterator[Doubt]:
    """Yield why a quantile is not known as exactly as it is needed, if that is so."""
    if found.beyond is not None and found.bias:
        yield Doubt(
            id="top-bucket",
            says=found.bias.split(JOINT)[0],
            signals=(signal.id,),
            sources=(source,),
            mend=f"add buckets above {format_value(found.beyond, signal.unit)} to {metric.metric}",
            bound=Bound.AT_LEAST,
        )
    if found.between is None or not signal.id.startswith(OF_REQUESTS):
        return
    lower, upper = found.between
    if lower < slow_s < upper:
        slow = format_value(slow_s, Unit.SECONDS)
        low, high = format_value(lower, signal.unit), format_value(upper, signal.unit)
        yield Doubt(
            id="wide-bucket",
            says=f"one bucket of {metric.metric} holds {low} to {high}: whether it is {slow} is a guess",
            signals=(signal.id,),
            sources=(source,),
            mend=f"add a bucket at {slow}",
        )


def of_holes(signal: Signal, metrics: Iterable[str], source: str) -> Iterator[Doubt]:
    """Yield of which metrics that a signal takes some samples are NaN: these are left out."""
    for metric in dict.fromkeys(metrics):
        yield Doubt(
            id="not-a-number",
            says=f"{metric} holds NaN: what is NaN is left out",
            signals=(signal.id,),
            sources=(source,),
            mend="a callback or a division by zero in the application sets it",
        )


def of_routes(routes: Mapping[str, Iterable[str]], signals: Mapping[str, Sequence[str]]) -> Iterator[Doubt]:
    """Tell that a label holds raw paths, so that each value has too few requests to be told by itself."""
    for label, values in routes.items():
        shape, times = most_alike(values)
        if times >= ALIKE:
            yield Doubt(
                id="routes-untemplated",
                says=f"label {label} has {times} values like {shape}: ids stand in it, not routes",
                signals=tuple(signals.get(label, ())),
                mend="label by the route's template (request.scope['route'].path)",
            )


def most_alike(values: Iterable[str]) -> tuple[str, int]:
    """Return the shape that most values share which differ only in their ids, and how many share it."""
    shapes = Counter(shape for value in values if (shape := _ID.sub("{id}", value)) != value)
    return shapes.most_common(1)[0] if shapes else ("", 0)
