"""What would be costly to ask for, before it is asked: crowded labels, and series born in the window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.plan import increase, plan, sums
from fastdiag.metrics.promql import (
    Frame,
    Scope,
    base,
    crowded,
    few_only,
    may_be_born,
    one_of,
    promql,
    unnamed,
    young_of,
)
from fastdiag.metrics.vector import COUNT, Sampling, VectorRequest
from fastdiag.model.signal import MetricKind, MetricSource

_BORN: Final = "count({series} unless {series} offset {window_s}s)"
"""How many series are there now that were not at the window's beginning."""
_ADDED: Final = "sum by (instance) (sum_over_time(scrape_series_added{{{selector}}}[{window_s}s])) == 0"
"""Targets whose scrapes in the window brought no new series, by the scraper's own account."""
MAX_SETTLED: Final = 40
"""The names of more targets than these are not even fetched: they would not fit in the end."""
MAX_SETTLED_CHARS: Final = 1000
"""Each addend for what was born names the settled targets, and a query has to fit into an address."""


MAX_RANKED: Final = 500
"""Parts that are ranked. Where there are fewer, the ranking is also the answer to what it ranks by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The scope with what is known of its series, and what was answered on the way, of the present.

    ``values`` are those of each label of parts, as far as they were ranked.
    """

    scope: Scope
    answers: Mapping[VectorRequest, Answer]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def take_census(  # noqa: PLR0913 - whose series, what for, when
    server: PrometheusServer,
    scope: Scope,
    sources: Sequence[MetricSource],
    frame: Frame,
    at: float,
    until: float,
) -> Census:
    """Look at the series of a scope.

    A route label may have thousands of values: the twenty on which most time is spent are told one by
    one. Looking for births costs several times what the window itself does, so targets are left aside
    whose scrapes brought nothing new, and of the others it is first asked, by one series a histogram,
    whether there were any. What cannot be learnt is taken to be so.
    """
    labels = {label: one for label, one in _labels(sources).items() if label not in scope.crowd}
    plain = replace(frame, births=False)
    asked = [
        Question(f"topk({MAX_RANKED}, {promql(request, scope, plain)})", at) for request in labels.values()
    ]
    if frame.births:
        added = _ADDED.format(selector=scope.selector, window_s=frame.window_s)
        asked.append(Question(few_only(added, MAX_SETTLED), at))
    answers = ask_all(server, asked, until)
    ranked = {
        label: answer
        for label, answer in zip(labels, answers, strict=False)
        if not isinstance(answer, SourceFailed)
    }
    counted = replace(scope, crowd={**scope.crowd, **_crowd(ranked)})
    if frame.births:
        counted = replace(counted, young=_young(answers[-1]))
        steady = _steady(server, counted, _counters(sources), frame, at, until)
        counted = replace(counted, steady=steady)
    known = {
        labels[label]: _folded(labels[label], answer, counted)
        for label, answer in ranked.items()
        if len(answer.series) < MAX_RANKED and not may_be_born(labels[label], counted, frame)
    }
    values = {label: tuple(row.labels.get(label, "") for row in one.series) for label, one in ranked.items()}
    return Census(scope=counted, answers=known, values=values)


def _crowd(ranked: Mapping[str, Answer]) -> dict[str, tuple[str, ...]]:
    """Return the labels with more values than are told one by one, and the heaviest of these."""
    crowd = {}
    for label, answer in ranked.items():
        if len(answer.series) > MAX_PARTS:
            rows = sorted(answer.series, key=lambda row: -row.value)[:MAX_PARTS]
            crowd[label] = tuple(row.labels.get(label, "") for row in rows)
    return crowd


def _folded(request: VectorRequest, answer: Answer, scope: Scope) -> Answer:
    """Return the answer as the scope's crowd would have it: the many by no name."""
    label = crowded(request, scope.crowd)
    if label is None:
        return answer
    few, lost = scope.crowd[label], unnamed(request, label)
    rows = (
        row
        if row.labels.get(label, "") in few
        else replace(row, labels={name: value for name, value in row.labels.items() if name not in lost})
        for row in answer.series
    )
    return replace(answer, series=tuple(rows))


def _young(settled: Result) -> str:
    """Return the matchers that leave the settled targets aside, where that is known and can be written.

    Series that are pushed, or whose own label has replaced the target's, are not among them.
    """
    if isinstance(settled, SourceFailed):
        return ""
    instances = {row.labels["instance"] for row in settled.series if row.labels.get("instance")}
    pattern = one_of(instances)
    return f"instance!~{pattern}" if instances and len(pattern) <= MAX_SETTLED_CHARS else ""


def _steady(  # noqa: PLR0913 - as above
    server: PrometheusServer,
    scope: Scope,
    counters: Mapping[str, str],
    frame: Frame,
    at: float,
    until: float,
) -> frozenset[str]:
    """Return the counters of which no series was born."""
    asked = [
        Question(_BORN.format(series=young_of(name, scope), window_s=frame.window_s), at)
        for name in counters.values()
    ]
    return frozenset(
        name
        for name, answer in zip(counters, ask_all(server, asked, until), strict=True)
        if not isinstance(answer, SourceFailed) and not any(row.value for row in answer.series)
    )


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
