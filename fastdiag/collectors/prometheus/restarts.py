"""The restarts of the last day, and what each took away: latency, memory, descriptors, connections.

"A restart fixes it for a while" is a pattern over hours that no single moment shows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.choice import Choice, Place
from fastdiag.collectors.prometheus.relief import MEASURES, Measure, measures_of
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.prometheus.starts import DAY_S, ROLLOUT_S, Starts, find_starts
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.metrics.promql import one_of
from fastdiag.model.moment import iso_of
from fastdiag.model.signal import Missing, Part, Reason, Signal

COUNT: Final = "restart.count"
HOUR_S: Final = 3600
WARM_UP_S: Final = 300
"""After a start caches are cold and imports run: the time after it begins this much later."""
MIN_SPAN_S: Final = 600
MAX_EVENTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Processes that started together, and the spans before and after that can be compared.

    began, ended  first and last start, in seconds since the epoch
    before_s  span up to ``began``; after_s  span from WARM_UP_S after ``ended``
    instances  where the same addresses had processes before, so that they alone are compared; empty where
               that is not so, or not known
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
    found = find_starts(server, place, now, until)
    if isinstance(found, Missing):
        for name in wanted:
            sink.missing(name, found.reason, found.detail)
        return
    sink.reading(COUNT, float(found.count))
    events = events_of(found.starts, now)
    if not events:
        detail = "too little time before or after it" if found.count else "no restart in the last 24 h"
        for name in MEASURES:
            sink.missing(name, Reason.ABSENT, detail)
        return
    _tell_relief(sink, server, choices, events, until)


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
            parts = [Part(labels=(("restarted", iso_of(e.ended)),), value=v) for e, v in reliefs]
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
