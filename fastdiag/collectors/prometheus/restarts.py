"""The restarts of the last day, and what each took away: latency, memory, descriptors, connections.

"A restart fixes it for a while" is a pattern over hours that no single moment shows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.choice import Choice, Place
from fastdiag.collectors.prometheus.relief import MEASURES, Measure, measures_of
from fastdiag.collectors.prometheus.server import PrometheusServer, Series
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import one_of
from fastdiag.model.signal import Missing, Part, Reason, Signal

COUNT: Final = "restart.count"
DAY_S: Final = 86_400
HOUR_S: Final = 3600
WARM_UP_S: Final = 300
"""After a start caches are cold and imports run: the time after it begins this much later."""
MIN_SPAN_S: Final = 600
ROLLOUT_S: Final = 600
"""Starts no further apart than this are one restart of the whole: a deployment, not several."""
MAX_EVENTS: Final = 4
MAX_STARTS: Final = 400
STARTED: Final = "fastdiag_started"

_STARTS: Final = 'topk({most}, max_over_time(count_values by (instance) ("{label}", {series})[{day}s:300s]))'


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Processes that started together, and the spans before and after that can be compared.

    began, ended  first and last start, in seconds since the epoch
    before_s  span up to ``began``; after_s  span from WARM_UP_S after ``ended``
    instances  where the same addresses had processes before, so that they alone are compared
    """

    began: float
    ended: float
    before_s: float = HOUR_S
    after_s: float = HOUR_S
    instances: frozenset[str] = frozenset()

    @property
    def after_end(self) -> float:
        """When the span after it ends."""
        return self.ended + WARM_UP_S + self.after_s


def tell_restarts(  # noqa: PLR0913 - one visit's luggage
    sink: Sink,
    server: PrometheusServer,
    place: Place,
    choices: Mapping[Signal, Choice],
    now: float,
    until: float,
) -> None:
    """Record how often the service's processes started in the last day, and what each restart relieved."""
    wanted = [COUNT, *MEASURES]
    if not all(name in sink.catalogue.signals for name in wanted):
        return
    starts = _starts(server, place, now, until)
    if isinstance(starts, Missing):
        for name in wanted:
            sink.missing(name, starts.reason, starts.detail)
        return
    recent = [at for at in starts if at > now - DAY_S]
    sink.reading(COUNT, float(sum(len(starts[at]) for at in recent)))
    events = events_of(starts, now)
    if not events:
        detail = "too little time before or after it" if recent else "no restart in the last 24 h"
        for name in MEASURES:
            sink.missing(name, Reason.ABSENT, detail)
        return
    _tell_relief(sink, server, choices, events, until)


Starts = Mapping[float, frozenset[str]]
"""When processes started, in seconds since the epoch, and at which instances."""


def _starts(server: PrometheusServer, place: Place, now: float, until: float) -> Starts | Missing:
    if START_TIME not in place.names:
        return Missing(Reason.ABSENT, f"no {START_TIME}: a shared directory of workers has none")
    selector = place.scope.selector
    series = f"{START_TIME}{{{selector}}}"
    listed = _STARTS.format(most=MAX_STARTS, label=STARTED, series=series, day=DAY_S)
    known = f"count({series} offset {DAY_S}s) or count(up{{{selector}}} offset {DAY_S}s)"
    found, day_ago = ask_all(server, [Question(listed, now, is_heavy=True), Question(known, now)], until)
    for answer in (found, day_ago):
        if isinstance(answer, SourceFailed):
            return Missing(answer.reason, answer.detail)
    assert not isinstance(found, SourceFailed)  # noqa: S101 - for the type checker: the loop has returned
    assert not isinstance(day_ago, SourceFailed)  # noqa: S101 - likewise
    if not day_ago.series:
        return Missing(Reason.ABSENT, "Prometheus has known the service for less than 24 h")
    return _by_time(found.series)


def _by_time(rows: Sequence[Series]) -> Starts:
    starts: dict[float, frozenset[str]] = {}
    for row in rows:
        at = float(row.labels.get(STARTED, "nan"))
        if math.isfinite(at):
            starts[at] = starts.get(at, frozenset()) | {row.labels.get("instance", "")}
    return starts


def events_of(starts: Starts, now: float) -> list[Event]:
    """Return the latest restarts of the last day that have time enough on both sides, the latest last."""
    groups: list[list[float]] = []
    for at in sorted(at for at in starts if at > now - DAY_S):
        if groups and at - groups[-1][-1] <= ROLLOUT_S:
            groups[-1].append(at)
        else:
            groups.append([at])
    spans = [(-math.inf, -math.inf), *((group[0], group[-1]) for group in groups), (now, now)]
    events = []
    for group, (earlier, (began, ended), later) in zip(groups, _triples(spans), strict=True):
        where = frozenset().union(*(starts[at] for at in group))
        seen = frozenset().union(*(names for at, names in starts.items() if at < began), frozenset())
        event = Event(
            began=began,
            ended=ended,
            before_s=min(HOUR_S, began - earlier[1] - WARM_UP_S),
            after_s=min(HOUR_S, later[0] - ended - WARM_UP_S),
            instances=where if where <= seen else frozenset(),
        )
        if min(event.before_s, event.after_s) >= MIN_SPAN_S:
            events.append(event)
    return events[-MAX_EVENTS:]


_Span = tuple[float, float]


def _triples(spans: Sequence[_Span]) -> Iterator[tuple[_Span, _Span, _Span]]:
    for (earlier, here), (_, later) in pairwise(pairwise(spans)):
        yield earlier, here, later


def _tell_relief(
    sink: Sink,
    server: PrometheusServer,
    choices: Mapping[Signal, Choice],
    events: Sequence[Event],
    until: float,
) -> None:
    measures = measures_of(server, choices, events[-1].ended, until)
    asked = [
        question
        for event in events
        for measure in measures.values()
        for question in _questions(measure, event)
    ]
    answers = iter(ask_all(server, asked, until))
    found: dict[str, list[tuple[Event, float]]] = {name: [] for name in measures}
    for event in events:
        for name in measures:
            before, after = _value(next(answers)), _value(next(answers))
            if before is not None and after is not None and before > 0:
                found[name].append((event, 1 - after / before))
    for name in MEASURES:
        if reliefs := found.get(name):
            parts = [Part(labels=(("restarted", _clock_time(e.ended)),), value=v) for e, v in reliefs]
            middle = statistics.median(value for _, value in reliefs)
            sink.reading(name, middle, by=parts, bias=measures[name].bias)
        else:
            sink.missing(name, Reason.ABSENT, "not measured on both sides of a restart")


def _questions(measure: Measure, event: Event) -> Iterator[Question]:
    scope = measure.scope
    if event.instances and measure.is_own:
        scope = replace(scope, selector=f"{scope.selector}, instance=~{one_of(event.instances)}")
    yield Question(measure.query(scope, event.before_s), event.began)
    yield Question(measure.query(scope, event.after_s), event.after_end)


def _value(answer: Result) -> float | None:
    if isinstance(answer, SourceFailed) or len(answer.series) != 1:
        return None
    value = answer.series[0].value
    return value if math.isfinite(value) else None


def _clock_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
