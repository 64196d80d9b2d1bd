"""What a Prometheus server has of the service: metrics, their labels and buckets, how fresh they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.beside import look_around
from fastdiag.collectors.prometheus.choice import Choice, Places, ServerSource, marker_of
from fastdiag.collectors.prometheus.connected import as_source
from fastdiag.collectors.prometheus.doubts import MIXED_WORKERS, STALE_INTERVALS, now_of
from fastdiag.collectors.prometheus.find import Finder
from fastdiag.collectors.prometheus.pace import Pace, measure, tell_down
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.coverage.facts import PROMETHEUS, ROUTE_LABELS, Columns, Metric, Shelf
from fastdiag.coverage.page import finite, name_of, strangers
from fastdiag.coverage.wanted import WANTED, signals_of
from fastdiag.metrics.plan import LE
from fastdiag.metrics.promql import Scope, few_only, label_of, quoted, series_of
from fastdiag.metrics.vector import BUCKET, COUNT
from fastdiag.model.signal import MetricKind, MetricSource, Missing
from fastdiag.model.target import Target

MAX_VALUES: Final = 500
"""Values of a label that are fetched; of more only the number is."""
MAX_BOUNDS: Final = 200
MAX_STRANGERS: Final = 40
_NAME: Final = "__name__"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A metric that is looked at, for the signals that it shows."""

    signal: str
    how: ServerSource
    scope: Scope
    is_detail: bool
    is_beside: bool

    @property
    def is_histogram(self) -> bool:
        return isinstance(self.how, MetricSource) and self.how.kind is MetricKind.HISTOGRAM

    @property
    def is_native(self) -> bool:
        return self.is_histogram and name_of(self.how) in self.scope.native

    @property
    def series(self) -> str:
        """The selector of what stands for the metric: of a histogram its count, without the buckets."""
        name = name_of(self.how)
        return series_of(name + COUNT if self.is_histogram else name, self.scope)

    @property
    def buckets(self) -> str:
        return series_of(name_of(self.how) + BUCKET, self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What the first round of questions tells of a metric."""

    labels: Mapping[str, str]
    series: int
    age_s: float | None


def look(target: Target, sink: Sink) -> Shelf:
    """Ask the server. Raises SourceSkipped where none is known, SourceFailed where it tells nothing."""
    with as_source(target, sink) as (server, until):
        return _look(server, target, sink, until)


def _look(server: PrometheusServer, target: Target, sink: Sink, until: float) -> Shelf:
    now = now_of(server)[0] if target.at is None else target.at
    finder = Finder(target=target, server=server, catalogue=sink.catalogue, now=now, until=until)
    service, place = finder.find()
    sink.target = f"{sink.target} {{{service.selector}}}"
    if service.doubt:
        sink.problem(service.doubt, hint="--service NAME, or --selector MATCHERS")
    pace = measure(server, service.selector, now, target.window_s, until)
    tell_down(pace, sink)
    places = look_around(server, place, signals_of(sink.catalogue), now, until)
    asked = list(_wanted(places, sink))

    at = _last_seen(pace, now)

    def ask(queries: Sequence[str]) -> list[Result]:
        return ask_all(server, [Question(query, at) for query in queries], until)

    shapes = _shapes(asked, now, ask)
    columns = _columns(asked, shapes, ask)
    return Shelf(
        source=PROMETHEUS,
        metrics=_shelved(asked, columns),
        strangers=strangers(_unknown(service.selector, ask), sink.catalogue),
        lottery=MIXED_WORKERS if pace.mixed else "",
        interval_s=pace.interval_s,
    )


def _last_seen(pace: Pace, now: float) -> float:
    """Return when the service was scraped last, where that is over: its series have ended then."""
    good = [moment for moment, success in pace.scrapes if success]
    is_over = good and (
        not pace.scrapes[-1][1] or now - good[-1] > STALE_INTERVALS * (pace.interval_s or now)
    )
    return good[-1] if is_over else now


def _wanted(places: Places, sink: Sink) -> Iterator[_Asked]:
    """Yield what the catalogue would take each signal from, and the metric that breaks it down."""
    for signal in signals_of(sink.catalogue):
        choice = places.choose(signal)
        if isinstance(choice, Missing):
            sink.problem(f"{signal.id}: {choice.detail}")
        if not isinstance(choice, Choice):
            continue
        place, how = choice.place, choice.source
        is_beside = place is not places.service
        yield _Asked(signal=signal.id, how=how, scope=place.scope, is_detail=False, is_beside=is_beside)
        detail = how.detail if isinstance(how, MetricSource) else None
        if detail is not None and marker_of(detail) in place.names:
            yield _Asked(signal=signal.id, how=detail, scope=place.scope, is_detail=True, is_beside=is_beside)


Ask = Callable[[Sequence[str]], list[Result]]


def _shapes(asked: Iterable[_Asked], now: float, ask: Ask) -> Mapping[str, _Shape]:
    """Ask once for each metric, whatever it shows: the labels of one series, how many there are, how old."""
    metrics = list(dict.fromkeys(one.series for one in asked))
    answers = ask(
        [
            query
            for series in metrics
            for query in (f"topk(1, {series})", f"count({series})", f"max(timestamp({series}))")
        ]
    )
    found = {}
    for number, series in enumerate(metrics):
        one, count, latest = answers[3 * number : 3 * number + 3]
        at = _number(latest)
        found[series] = _Shape(
            labels=_labels(one),
            series=round(_number(count) or 0.0),
            age_s=None if at is None else max(0.0, now - at),
        )
    return found


def _labels(result: Result) -> Mapping[str, str]:
    if isinstance(result, SourceFailed) or not result.series:
        return {}
    return {name: value for name, value in result.series[0].labels.items() if name != _NAME}


def _number(result: Result) -> float | None:
    return None if isinstance(result, SourceFailed) or not result.series else result.series[0].value


def _columns(
    asked: Sequence[_Asked], shapes: Mapping[str, _Shape], ask: Ask
) -> Mapping[tuple[str, str], Columns]:
    """Ask for the values of the labels that matter, and for the buckets; by series and metric."""
    queries: dict[str, None] = {}
    for one in asked:
        for label in _telling(one, shapes[one.series]):
            queries.update(dict.fromkeys(_values(one, label)))
        if one.is_histogram and not one.is_native:
            queries[_bounds(one)] = None
    answers = dict(zip(queries, ask(list(queries)), strict=True))
    return {(one.series, name_of(one.how)): _column(one, shapes[one.series], answers) for one in asked}


def _telling(one: _Asked, shape: _Shape) -> tuple[str, ...]:
    """Return the labels of a metric whose values are looked at: endpoint, status, who published it."""
    how = one.how
    matchers = (*how.where, *(how.blind.where if how.blind else ())) if isinstance(how, MetricSource) else ()
    names = (*((how.by,) if how.by else ()), *ROUTE_LABELS, *(matcher.label for matcher in matchers))
    return tuple(dict.fromkeys(name for name in names if name in shape.labels))


def _values(one: _Asked, label: str) -> tuple[str, str]:
    groups = f"group by ({label_of(label, one.scope)}) ({one.series})"
    return few_only(groups, MAX_VALUES), f"count({groups})"


def _bounds(one: _Asked) -> str:
    return few_only(f"group by ({LE}) ({one.buckets})", MAX_BOUNDS)


def _column(one: _Asked, shape: _Shape, answers: Mapping[str, Result]) -> Columns:
    labels: dict[str, tuple[str, ...]] = {name: (value,) for name, value in shape.labels.items()}
    counts: dict[str, int] = {}
    for label in _telling(one, shape):
        few, number = (answers[query] for query in _values(one, label))
        values = () if isinstance(few, SourceFailed) else (row.labels.get(label, "") for row in few.series)
        labels[label] = tuple(sorted(filter(None, values))) or labels[label]
        counts[label] = max(len(labels[label]), round(_number(number) or 0.0))
    buckets = answers.get(_bounds(one)) if one.is_histogram and not one.is_native else None
    rows = () if buckets is None or isinstance(buckets, SourceFailed) else buckets.series
    return Columns(
        labels=labels,
        counts=counts,
        series=shape.series,
        age_s=shape.age_s,
        bounds=finite(row.labels.get(LE, "") for row in rows),
        is_native=one.is_native,
    )


def _shelved(
    asked: Iterable[_Asked], columns: Mapping[tuple[str, str], Columns]
) -> dict[str, tuple[Metric, ...]]:
    found: dict[str, tuple[Metric, ...]] = {}
    for one in asked:
        metric = Metric(
            signal=one.signal,
            source=PROMETHEUS,
            name=name_of(one.how),
            how=one.how,
            columns=columns[one.series, name_of(one.how)],
            is_detail=one.is_detail,
            is_beside=one.is_beside,
        )
        found[one.signal] = (*found.get(one.signal, ()), metric)
    return found


def _unknown(selector: str, ask: Ask) -> Iterator[str]:
    """Yield the names of the service's own metrics that sound like something on the checklist."""
    pattern = "|".join(wanted.alike for wanted in WANTED if wanted.alike)
    names = f"group by ({_NAME}) ({{{selector}, {_NAME}=~{quoted(pattern)}}})"
    (result,) = ask([f"topk({MAX_STRANGERS * 4}, {names})"])
    if not isinstance(result, SourceFailed):
        yield from (row.labels.get(_NAME, "") for row in result.series)
