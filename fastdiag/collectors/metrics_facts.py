"""What the metrics that exist say of the service's observability, whatever their values are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from fastdiag.collectors.sink import Sink
from fastdiag.metrics.plan import marker
from fastdiag.model.signal import Catalogue, MetricSource, Part, Reason

HTTP_METRICS: Final = "observability.http_metrics"
DEPENDENCY_TIMING: Final = "observability.dependency_timing"
REQUESTS: Final = "http.rps"
LATENCY: Final = "http.latency.p95"
DEPENDENCIES: Final = {
    "database": ("db.queries.latency.p95", "db.queries.mean", "db.pool.wait.p95"),
    "external calls": ("external.latency.p95",),
    "cache": ("cache.calls.p95",),
    "queue": ("queue.runtime.p95", "queue.wait.p95"),
}
"""Signals whose metrics, when the service itself has them, mean that a kind of dependency is timed."""


def tell_facts(sink: Sink, names: Collection[str]) -> None:
    """Record whether requests are counted and timed by route, and how many kinds of dependency are timed."""
    catalogue = sink.catalogue
    if HTTP_METRICS not in catalogue.signals or DEPENDENCY_TIMING not in catalogue.signals:
        return
    has_http = _has_routes(catalogue, REQUESTS, names) and _has_routes(catalogue, LATENCY, names)
    sink.reading(HTTP_METRICS, float(has_http))
    kinds = [kind for kind, signals in DEPENDENCIES.items() if _is_any_timed(catalogue, signals, names)]
    if kinds or has_http:
        parts = [Part(labels=(("dependency", kind),), value=1.0) for kind in kinds]
        sink.reading(DEPENDENCY_TIMING, float(len(kinds)), by=parts)
    else:
        sink.missing(DEPENDENCY_TIMING, Reason.ABSENT, "there are no metrics of requests either")


def _has_routes(catalogue: Catalogue, signal: str, names: Collection[str]) -> bool:
    return any(
        marker(source) in names and (source.by or (source.detail and marker(source.detail) in names))
        for source in _metrics(catalogue, signal)
    )


def _is_any_timed(catalogue: Catalogue, signals: Collection[str], names: Collection[str]) -> bool:
    return any(marker(source) in names for signal in signals for source in _metrics(catalogue, signal))


def _metrics(catalogue: Catalogue, signal: str) -> list[MetricSource]:
    definition = catalogue.signals.get(signal)
    sources = definition.sources if definition else ()
    return [source for source in sources if isinstance(source, MetricSource) and source.beside is None]
