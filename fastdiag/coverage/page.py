"""The service's own /metrics page: which metrics it has, of which labels and buckets."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from fastdiag.collectors.metrics_page import MetricsPage, Scrape
from fastdiag.collectors.prometheus.choice import marker_of
from fastdiag.collectors.scrape import draw, lottery
from fastdiag.collectors.sink import Sink, SourceSkipped
from fastdiag.coverage.facts import PAGE, Columns, Metric, Shelf
from fastdiag.coverage.wanted import WANTED, signals_of
from fastdiag.metrics.page import Page
from fastdiag.metrics.plan import LE
from fastdiag.metrics.vector import BUCKET, COUNT, SUM
from fastdiag.model.signal import (
    Catalogue,
    CollectorSource,
    Labels,
    LogSource,
    MetricKind,
    MetricSource,
    PromqlSource,
    Signal,
)
from fastdiag.model.target import Target

MAX_VALUES: Final = 2000
"""Values of one label that are kept; how many there are is told all the same."""
MAX_STRANGERS: Final = 40
MAX_NAMES: Final = 5000
"""Of one page: the largest services have a few hundred."""
MAX_NAME_CHARS: Final = 200
SPARE_S: Final = 0.3
_PARTS: Final = (BUCKET, COUNT, SUM, "_created")


def look(target: Target, sink: Sink) -> Shelf:
    """Scrape the page, and more often where that is cheap, to see how many workers share the address.

    Raises SourceSkipped where no page is known, SourceFailed where none answers.
    """
    if target.metrics_url is None:
        raise SourceSkipped("no metrics page is known", hint="--metrics-url http://HOST:PORT/metrics")
    page = MetricsPage(target.metrics_url, time.monotonic() + max(0.0, sink.remaining() - SPARE_S))
    sink.target = page.shown
    try:
        draws = draw(page)
        shared = lottery(draws, target, page.port)
    finally:
        sink.requests = page.requests
        page.close()
    return shelf_of(_union(draws), sink.catalogue, shared or "")


def shelf_of(page: Page, catalogue: Catalogue, shared: str = "") -> Shelf:
    """Return what a page holds of what the checklist asks for; ``shared`` says that it is one of several."""
    metrics = {signal.id: tuple(_metrics(signal, page)) for signal in signals_of(catalogue)}
    return Shelf(
        source=PAGE,
        metrics={name: found for name, found in metrics.items() if found},
        strangers=strangers(page, catalogue),
        lottery=shared,
    )


def strangers(names: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the names that no signal knows and that sound like an item of the checklist."""
    known = frozenset(_known(catalogue))
    sane = itertools.islice((name for name in sorted(names) if len(name) <= MAX_NAME_CHARS), MAX_NAMES)
    unknown = (
        name
        for name in sane
        if name not in known and not any(name.removesuffix(end) in known for end in _PARTS)
    )
    sounding = (name for name in unknown if any(wanted.resembles(name) for wanted in WANTED))
    return tuple(itertools.islice(sounding, MAX_STRANGERS))


def _known(catalogue: Catalogue) -> Iterator[str]:
    """Yield the names that any signal is taken from."""
    for signal in catalogue.signals.values():
        for source in signal.sources:
            match source:
                case MetricSource(metric=metric, per=per):
                    yield from filter(None, (metric, per, metric.removesuffix(COUNT)))
                case PromqlSource():
                    yield marker_of(source) or ""
                case CollectorSource() | LogSource():
                    pass


def chosen(signal: Signal, names: Iterable[str]) -> tuple[tuple[MetricSource | PromqlSource, bool], ...]:
    """Return the first of a signal's sources that there is, and what breaks it down (True)."""
    existing = frozenset(names)
    for source in signal.sources:
        if isinstance(source, MetricSource | PromqlSource) and marker_of(source) in existing:
            detail = source.detail if isinstance(source, MetricSource) else None
            has_detail = detail is not None and marker_of(detail) in existing
            return (
                ((source, False), (detail, True)) if detail is not None and has_detail else ((source, False),)
            )
    return ()


def _metrics(signal: Signal, page: Page) -> Iterator[Metric]:
    for how, is_detail in chosen(signal, page):
        yield Metric(
            signal=signal.id,
            source=PAGE,
            name=name_of(how),
            how=how,
            columns=_columns(how, page),
            is_detail=is_detail,
            is_beside=how.beside is not None,
        )


def name_of(how: MetricSource | PromqlSource) -> str:
    """Return the name under which people know the metric: a histogram's without the ending of a part."""
    return how.metric if isinstance(how, MetricSource) else marker_of(how) or ""


def _columns(how: MetricSource | PromqlSource, page: Page) -> Columns:
    is_histogram = isinstance(how, MetricSource) and how.kind is MetricKind.HISTOGRAM
    name = name_of(how)
    series = page.get(name + COUNT if is_histogram else name, {})
    values = _values(series)
    return Columns(
        labels={label: tuple(sorted(found))[:MAX_VALUES] for label, found in values.items()},
        counts={label: len(found) for label, found in values.items()},
        series=sum(len(page.get(name + end, {})) for end in (BUCKET, COUNT, SUM))
        if is_histogram
        else len(series),
        age_s=0.0,
        bounds=_bounds(page.get(name + BUCKET, {})) if is_histogram else (),
    )


def _values(series: Iterable[Labels]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for labels in series:
        for name, value in labels:
            found.setdefault(name, set()).add(value)
    return found


def _bounds(buckets: Iterable[Labels]) -> tuple[float, ...]:
    return finite(dict(labels).get(LE, "") for labels in buckets)


def finite(texts: Iterable[str]) -> tuple[float, ...]:
    """Return the finite bounds among texts, each once, ascending: `1` and `1.0` are one."""
    found: set[float] = set()
    for text in texts:
        with suppress(ValueError):
            found.add(float(text))
    return tuple(sorted(bound for bound in found if math.isfinite(bound)))


def _union(draws: Iterable[Scrape]) -> Page:
    """Put the pages of several workers together: what one of them has, the service has."""
    together: dict[str, dict[Labels, float]] = {}
    for scrape in draws:
        for name, series in scrape.page.items():
            together.setdefault(name, {}).update(series)
    return together
