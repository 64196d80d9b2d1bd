"""What would be costly to ask for, before it is asked: crowded labels, and series born in the window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, ask_all
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.plan import increase, plan, sums
from fastdiag.metrics.promql import Frame, Scope, base, promql, series_of
from fastdiag.metrics.vector import COUNT, Sampling, VectorRequest
from fastdiag.model.signal import MetricKind, MetricSource

_BORN: Final = "count({series} unless {series} offset {window_s}s)"
"""How many series are there now that were not at the window's beginning."""


def take_census(  # noqa: PLR0913 - whose series, what for, when
    server: PrometheusServer,
    scope: Scope,
    sources: Sequence[MetricSource],
    frame: Frame,
    at: float,
    until: float,
) -> Scope:
    """Return the scope with what is known of its series.

    A route label may have thousands of values: the twenty on which most time is spent are told one by
    one. Looking for births costs several times what the window itself does, so it is first asked, by one
    series a histogram, whether there were any. What cannot be learnt is taken to be so.
    """
    labels = _labels(sources)
    plain = replace(frame, births=False)
    asked = [
        Question(f"topk({MAX_PARTS + 1}, {promql(request, scope, plain)})", at) for request in labels.values()
    ]
    counters = _counters(sources) if frame.births else {}
    asked += [
        Question(_BORN.format(series=series_of(name, scope), window_s=frame.window_s), at)
        for name in counters.values()
    ]
    answers = ask_all(server, asked, until)
    crowd = {}
    for label, answer in zip(labels, answers, strict=False):
        if not isinstance(answer, SourceFailed) and len(answer.series) > MAX_PARTS:
            rows = sorted(answer.series, key=lambda row: -row.value)[:MAX_PARTS]
            crowd[label] = tuple(row.labels.get(label, "") for row in rows)
    steady = {
        name
        for name, answer in zip(counters, answers[len(labels) :], strict=True)
        if not isinstance(answer, SourceFailed) and not any(row.value for row in answer.series)
    }
    return replace(scope, crowd=crowd, steady=frozenset(steady))


def _labels(sources: Iterable[MetricSource]) -> Mapping[str, VectorRequest]:
    """Return for each label of parts what tells its values' weight: their time, else their number."""
    found: dict[str, VectorRequest] = {}
    everything = [*sources, *(source.detail for source in sources if source.detail)]
    for source in everything:
        if source.by and source.kind is MetricKind.HISTOGRAM:
            found.setdefault(source.by, sums(source))
    for source in everything:
        if source.by and source.kind is MetricKind.COUNTER:
            request = replace(increase(source), by=(source.by,), where=())
            found.setdefault(source.by, request)
    return found


def _counters(sources: Iterable[MetricSource]) -> dict[str, str]:
    """Return what counts, and a metric with one series for each: of a histogram its count."""
    found: dict[str, str] = {}
    for source in sources:
        plans = plan(source)
        for request in (*plans.essential, *plans.extra):
            name = base(request.metric)
            if request.sampling is Sampling.INCREASE:
                found[name] = name if name == request.metric else name + COUNT
    return found
