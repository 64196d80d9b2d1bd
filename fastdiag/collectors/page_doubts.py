"""By what one /metrics page misleads: whose it is, what is no number on it, and what its labels hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from fastdiag.collectors.sample_doubts import SHARE_ONE_PAGE, of_holes, of_routes
from fastdiag.metrics.matching import matches
from fastdiag.metrics.page import Page
from fastdiag.metrics.plan import plan
from fastdiag.metrics.vector import VectorRequest
from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Catalogue, MetricKind, MetricSource, Signal

Pairs = Sequence[tuple[Signal, MetricSource]]
"""The signals that a page has, and what they are taken from."""


def page_doubts(page: Page, chosen: Pairs, lottery: str | None, source: str) -> Iterator[Doubt]:
    """Yield what is wrong with a page; ``lottery`` says that it is one of several workers'."""
    if lottery:
        yield Doubt(
            id="worker-lottery",
            says=lottery,
            signals=tuple(signal.id for signal, _ in chosen),
            sources=(source,),
            mend=SHARE_ONE_PAGE,
        )
    for signal, metric in chosen:
        holes = (request.metric for request in plan(metric).essential if _has_holes(page, request))
        yield from of_holes(signal, holes, source)
    yield from _of_labels(page, chosen)


def of_gauges(catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """Return the signals that may be read from each gauge."""
    found: dict[str, tuple[str, ...]] = {}
    for signal in catalogue.of("scrape"):
        for one in signal.sources:
            if isinstance(one, MetricSource) and one.kind is MetricKind.GAUGE:
                found[one.metric] = (*found.get(one.metric, ()), signal.id)
    return found


def _of_labels(page: Page, chosen: Pairs) -> Iterator[Doubt]:
    signals: dict[str, list[str]] = {}
    values: dict[str, set[str]] = {}
    for signal, metric in chosen:
        if metric.by is None:
            continue
        signals.setdefault(metric.by, []).append(signal.id)
        for request in plan(metric).essential:
            series = page.get(request.metric, {})
            values.setdefault(metric.by, set()).update(dict(one).get(metric.by, "") for one in series)
    yield from of_routes(values, signals)


def _has_holes(page: Page, request: VectorRequest) -> bool:
    return any(
        math.isnan(value) and matches(dict(labels), request.where)
        for labels, value in page.get(request.metric, {}).items()
    )
