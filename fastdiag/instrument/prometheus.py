"""Publishes through prometheus_client, with one process or with several (PROMETHEUS_MULTIPROC_DIR)."""

from __future__ import annotations

from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from fastdiag.instrument.guard import tell_once
from fastdiag.instrument.meter import Series
from fastdiag.instrument.metrics import SCOPE, Kind, Metric

SCOPE_LABEL: Final = "otel_scope_name"


class PrometheusBackend:
    """Metrics in a registry, spelt as OpenTelemetry's exporters for Prometheus spell them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._registry = registry or REGISTRY
        self._metrics: dict[str, Counter | Gauge | Histogram | None] = {}

    def series(self, metric: Metric, values: tuple[str, ...]) -> Series:
        """Return what takes a series' values; what is lost where the name is taken by another's metric."""
        family = self._family(metric)
        match family:
            case None:
                return _lost
            case Counter():
                return family.labels(SCOPE, *values).inc
            case Gauge():
                return family.labels(SCOPE, *values).set
            case Histogram():
                return family.labels(SCOPE, *values).observe

    def _family(self, metric: Metric) -> Counter | Gauge | Histogram | None:
        if metric.name not in self._metrics:
            try:
                self._metrics[metric.name] = self._made(metric)
            except ValueError:
                self._metrics[metric.name] = None
                tell_once(spelt(metric), "the registry has a metric of that name already")
        return self._metrics[metric.name]

    def _made(self, metric: Metric) -> Counter | Gauge | Histogram:
        name, labels = spelt(metric), (SCOPE_LABEL, *(label.replace(".", "_") for label in metric.labels))
        match metric.kind:
            case Kind.COUNTER:
                return Counter(name, metric.help, labels, registry=self._registry)
            case Kind.GAUGE:
                # A pool, a limiter belong to one process: `pid` tells them apart, and the dead leave.
                return Gauge(name, metric.help, labels, registry=self._registry, multiprocess_mode="liveall")
            case Kind.HISTOGRAM:
                return Histogram(name, metric.help, labels, registry=self._registry, buckets=metric.buckets)


def spelt(metric: Metric) -> str:
    """Return the name on a page, without the `_total` of a counter, which the client adds."""
    flat = metric.name.replace(".", "_")
    return f"{flat}_seconds" if metric.unit == "s" else flat


def _lost(_: float) -> None:
    """Take a value, and forget it."""
