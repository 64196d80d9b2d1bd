"""What is compared before and after a restart, as one number over a span of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, ask_all
from fastdiag.collectors.prometheus.choice import Choice
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.plan import LE, buckets, latest, sums
from fastdiag.metrics.promql import Frame, Scope, promql, series_of
from fastdiag.metrics.vector import COUNT, VectorRequest
from fastdiag.model.signal import Beside, MetricKind, MetricSource, Signal

MEASURES: Final[Mapping[str, tuple[str, ...]]] = {
    "restart.relief.latency": ("http.latency.p95",),
    "restart.relief.memory": ("process.rss",),
    "restart.relief.fds": ("process.fds",),
    "restart.relief.connections": ("db.pool.in_use", "db.connections.total"),
}
"""What each signal compares: the first of these signals that has a metric here."""
QUANTILE: Final = 0.95
STEPS: Final = 30
MAX_SERIES: Final = 2000
"""Over an hour, the buckets of more routes than these take seconds to read."""
OF_THE_MEAN: Final = "of the mean latency: there are too many series to look back at the 95th percentile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number over a span: ``query`` makes the expression from whose series and how many seconds."""

    query: Callable[[Scope, float], str]
    scope: Scope
    is_own: bool
    bias: str | None = None


def measures_of(
    server: PrometheusServer, choices: Mapping[Signal, Choice], at: float, until: float
) -> dict[str, Measure]:
    """Return what can be compared here, by the signal that tells of it."""
    by_id = {signal.id: choice for signal, choice in choices.items()}
    found = {}
    for name, signals in MEASURES.items():
        choice = next((by_id[one] for one in signals if one in by_id), None)
        if choice and isinstance(choice.source, MetricSource):
            measure = _measure(server, choice, choice.source, at, until)
            if measure:
                found[name] = measure
    return found


def _measure(
    server: PrometheusServer, choice: Choice, source: MetricSource, at: float, until: float
) -> Measure | None:
    scope = replace(choice.place.scope, crowd={}, steady=frozenset())
    is_own = source.beside is not Beside.ALONE
    match source.kind:
        case MetricKind.GAUGE:
            return Measure(query=partial(_level, source), scope=scope, is_own=is_own)
        case MetricKind.HISTOGRAM if _is_large(server, source, scope, at, until):
            return Measure(query=partial(_mean, source), scope=scope, is_own=is_own, bias=OF_THE_MEAN)
        case MetricKind.HISTOGRAM:
            return Measure(query=partial(_quantile, source), scope=scope, is_own=is_own)
        case MetricKind.COUNTER:
            return None


def _is_large(server: PrometheusServer, source: MetricSource, scope: Scope, at: float, until: float) -> bool:
    (answer,) = ask_all(server, [Question(f"count({series_of(source.metric + COUNT, scope)})", at)], until)
    return isinstance(answer, SourceFailed) or any(row.value > MAX_SERIES for row in answer.series)


def _level(source: MetricSource, scope: Scope, seconds: float) -> str:
    """Return the mean level of an instance: their number may change with a restart."""
    step = max(15, round(seconds / STEPS))
    series = series_of(source.metric, scope, latest(source).where)
    return f"avg_over_time(avg({series})[{round(seconds)}s:{step}s])"


def _quantile(source: MetricSource, scope: Scope, seconds: float) -> str:
    by = () if source.metric in scope.native else (LE,)
    return f"histogram_quantile({QUANTILE}, {_grown(replace(buckets(source), by=by), scope, seconds)})"


def _mean(source: MetricSource, scope: Scope, seconds: float) -> str:
    total = replace(sums(source), by=())
    count = replace(total, metric=source.metric + COUNT)
    return f"{_grown(total, scope, seconds)} / {_grown(count, scope, seconds)}"


def _grown(request: VectorRequest, scope: Scope, seconds: float) -> str:
    return promql(request, scope, Frame(window_s=round(seconds), step_s=1))
