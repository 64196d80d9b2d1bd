"""The server that a target names, for as long as it is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastdiag.collectors.http_address import Address
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sink import Sink, SourceSkipped
from fastdiag.model.target import Target

SPARE_S: Final = 0.2
"""Left at the end of a source for turning what came in time into readings."""


def address_of(target: Target) -> Address:
    """Return where the server is. Raise SourceSkipped where none is known."""
    if target.prometheus is None:
        raise SourceSkipped("no Prometheus is known", hint="--prometheus URL, or set PROMETHEUS_URL")
    return Address.of(target.prometheus, "Prometheus", "http://prometheus:9090")


@contextmanager
def connected(target: Target, until: float) -> Iterator[PrometheusServer]:
    """Yield the server, to be asked until a monotonic time. Raises SourceSkipped where none is known."""
    server = PrometheusServer(address_of(target), until, target.prometheus_access)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def as_source(target: Target, sink: Sink) -> Iterator[tuple[PrometheusServer, float]]:
    """Yield the server and until when it may be asked, and tell the sink where and how often it was.

    Raises SourceSkipped where none is known.
    """
    sink.target = address_of(target).url
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    with connected(target, until) as server:
        try:
            yield server, until
        finally:
            sink.requests = server.asked
