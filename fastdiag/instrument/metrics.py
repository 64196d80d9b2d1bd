"""The metrics: their names, units, labels and bounds.

Names of OpenTelemetry's semantic conventions where there are such; all others begin with `fastdiag.`. The
first label is the one whose values the application decides: beyond `MOST_VALUES` they become `other`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

SCOPE: Final = "fastdiag.instrument"
"""Instrumentation scope: tells these series from those of other instrumentation (`otel_scope_name`)."""
MOST_VALUES: Final = 50
"""Distinct values of a metric's first label: hosts, pools, tasks of one service."""
MOST_SERIES: Final = 500
OTHER: Final = "other"

# From a call within the machine to the longest that clients usually wait.
_DURATIONS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_WAITS_S: Final = (0.001, *_DURATIONS_S)
# Below a millisecond a timer's own coarseness is measured.
_LAGS_S: Final = (0.001, 0.0025, *_DURATIONS_S[:-1])
_PAUSES_S: Final = (0.0001, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Kind(enum.Enum):
    """How a metric's values add up."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: ``name`` and ``labels`` are spelt with dots, as OpenTelemetry does; ``unit`` is UCUM."""

    name: str
    kind: Kind
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_POOL: Final = "db.client.connection.pool.name"
_HOST: Final = "server.address"
_TASK: Final = ("fastdiag.task", "fastdiag.kind")


def _gauge(name: str, text: str, unit: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, help=text, unit=unit, labels=labels)


def _counter(name: str, text: str, unit: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, help=text, unit=unit, labels=labels)


def _seconds(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, help=text, unit="s", labels=labels, buckets=buckets)


LOOP_LAG: Final = _seconds(
    "fastdiag.event_loop.lag",
    "How long the event loop kept work that was due waiting, at evenly spaced moments",
    _LAGS_S,
)
GC_PAUSE: Final = _seconds(
    "fastdiag.gc.pause",
    "How long a garbage collection stopped the process",
    _PAUSES_S,
    "cpython.gc.generation",
)
THREADS: Final = _gauge("fastdiag.threads.limit", "Tokens of AnyIO's default thread limiter", "{thread}")
THREADS_BUSY: Final = _gauge("fastdiag.threads.busy", "Tokens of the limiter that are taken", "{thread}")
THREADS_WAITING: Final = _gauge("fastdiag.threads.waiting", "Calls that wait for a token", "{call}")

POOL_COUNT: Final = _gauge(
    "db.client.connection.count",
    "Connections of the pool by state",
    "{connection}",
    _POOL,
    "db.client.connection.state",
)
POOL_MAX: Final = _gauge(
    "db.client.connection.max", "Connections that the pool may open, overflow included", "{connection}", _POOL
)
POOL_IDLE_MAX: Final = _gauge(
    "db.client.connection.idle.max", "Connections that the pool keeps open", "{connection}", _POOL
)
POOL_PENDING: Final = _gauge(
    "db.client.connection.pending_requests", "Checkouts that wait for a connection", "{request}", _POOL
)
POOL_OVERFLOW: Final = _gauge(
    "fastdiag.db.pool.overflow", "Connections open beyond those that the pool keeps", "{connection}", _POOL
)
POOL_TIMEOUTS: Final = _counter(
    "db.client.connection.timeouts", "Checkouts that gave up waiting for a connection", "{timeout}", _POOL
)
POOL_WAIT: Final = _seconds(
    "db.client.connection.wait_time",
    "Time to obtain an open connection from the pool, or to give up",
    _WAITS_S,
    _POOL,
)

CALLS: Final = _seconds(
    "http.client.request.duration",
    "Duration of outgoing HTTP requests, until the headers of the answer or the failure",
    _DURATIONS_S,
    _HOST,
    "server.port",
    "http.request.method",
    "http.response.status_code",
    "error.type",
)
CALL_TIMEOUTS: Final = _counter(
    "fastdiag.http.client.timeouts", "Outgoing HTTP requests that timed out", "{timeout}", _HOST, "error.type"
)
CALL_RETRIES: Final = _counter(
    "fastdiag.http.client.retries",
    "Outgoing HTTP requests that repeat one which failed",
    "{request}",
    _HOST,
    "fastdiag.kind",
)

TASKS_STARTED: Final = _counter(
    "fastdiag.background.started", "Background tasks that began", "{task}", *_TASK
)
TASKS_ENDED: Final = _counter(
    "fastdiag.background.ended",
    "Background tasks that finished, failed or were lost",
    "{task}",
    *_TASK,
    "fastdiag.outcome",
)
TASKS_RUNNING: Final = _gauge("fastdiag.background.running", "Background tasks under way", "{task}", *_TASK)

ALL: Final = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
