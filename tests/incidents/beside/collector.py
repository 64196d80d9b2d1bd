"""A collector of traces: takes what OTLP exporters send, and forgets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.incidents.companions import Companion, Surroundings
from tests.stack.upstream import Upstream, upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCollector:
    """A running collector."""

    server: Upstream

    def batches(self) -> int:
        """Return how many batches of spans have come in."""
        return self.server.counts().calls


@contextmanager
def trace_collector(around: Surroundings) -> Iterator[Companion]:
    """Start a collector; the service finds it as OpenTelemetry's exporters do."""
    with upstream(around.directory, latency_s=0.0, name="trace-collector") as server:
        yield Companion(
            handle=TraceCollector(server=server), environment={"OTEL_EXPORTER_OTLP_ENDPOINT": server.url}
        )
