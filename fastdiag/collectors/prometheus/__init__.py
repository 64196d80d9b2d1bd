"""What a Prometheus API knows of the service: now, in the comparison window, and over the last day.

The server aggregates; what crosses the network is a few numbers a query. Which library the service uses,
which job it is, and which exporters stand beside it, are detected. Thanos, Mimir, VictoriaMetrics and
Grafana Cloud answer the same API.
"""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.http_address import Address
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.prometheus.visit import visit
from fastdiag.collectors.sink import Sink, SourceSkipped
from fastdiag.model.target import Target

__all__ = ["collect"]

SPARE_S: Final = 0.2
"""Left at the end for turning what came in time into readings."""


def collect(target: Target, sink: Sink) -> None:
    """Fill the sink with every signal for which the server has the metrics."""
    if target.prometheus is None:
        raise SourceSkipped("no Prometheus is known", hint="--prometheus URL, or set PROMETHEUS_URL")
    address = Address.of(target.prometheus, "Prometheus", "http://prometheus:9090")
    sink.target = address.url
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    server = PrometheusServer(address, until, target.prometheus_access)
    try:
        visit(target, sink, server, until)
    finally:
        sink.requests = server.asked
        server.close()
