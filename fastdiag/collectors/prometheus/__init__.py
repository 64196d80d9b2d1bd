"""What a Prometheus API knows of the service: now, in the comparison window, and over the last day.

The server aggregates; what crosses the network is a few numbers a query. Which library the service uses,
which job it is, and which exporters stand beside it, are detected. Thanos, Mimir, VictoriaMetrics and
Grafana Cloud answer the same API.
"""

from __future__ import annotations

from fastdiag.collectors.prometheus.connected import as_source
from fastdiag.collectors.prometheus.visit import visit
from fastdiag.collectors.sink import Sink
from fastdiag.model.target import Target

__all__ = ["collect"]


def collect(target: Target, sink: Sink) -> None:
    """Fill the sink with every signal for which the server has the metrics."""
    with as_source(target, sink) as (server, until):
        visit(target, sink, server, until)
