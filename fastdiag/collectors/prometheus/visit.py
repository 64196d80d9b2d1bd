"""One visit to the server, from its clock to the readings; each step is a function, in the order of visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.collectors.metrics_facts import tell_facts
from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.beside import look_around
from fastdiag.collectors.prometheus.census import take_census
from fastdiag.collectors.prometheus.choice import Choice, Place, ServerSource, marker_of
from fastdiag.collectors.prometheus.distrust import Visited
from fastdiag.collectors.prometheus.doubts import MIXED_WORKERS, now_of
from fastdiag.collectors.prometheus.expressions import bounded, read_expression
from fastdiag.collectors.prometheus.find import OF_THE_SCRAPER, Finder
from fastdiag.collectors.prometheus.instances import told_of
from fastdiag.collectors.prometheus.jobs import Service
from fastdiag.collectors.prometheus.pace import Pace, measure, tell_down
from fastdiag.collectors.prometheus.restarts import tell_restarts
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.prometheus.vectors import Both, Moments, Wish, fetch
from fastdiag.collectors.sample_doubts import of_holes, quantile_doubts
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.metrics.evaluate import evaluate
from fastdiag.metrics.plan import plan
from fastdiag.metrics.vector import Window
from fastdiag.model.signal import Bound, MetricSource, Missing, PromqlSource, Signal, common_bound
from fastdiag.model.target import Target

UNANSWERED: Final = "an instance did not answer its last scrape: at least so much"
UNKNOWN_IF_ANSWERED: Final = "whether every instance answered its last scrape is not known"
NO_SCRAPE: Final = "Prometheus' scrapes of the service have failed throughout the window"

Choices = Mapping[Signal, Choice]


def visit(target: Target, sink: Sink, server: PrometheusServer, until: float) -> None:
    """Find the service, ask for what its signals take, and write what the answers say."""
    now = _clock(server, target, sink)
    finder = Finder(target=target, server=server, catalogue=sink.catalogue, now=now, until=until)
    service, place = finder.find()
    sink.target = f"{sink.target} {{{service.selector}}}"
    pace = measure(server, service.selector, now, target.window_s, until)
    _tell(sink, service, pace)
    choices = _choose(sink, server, place, now, until)
    tell_facts(sink, place.names)
    moments = Moments(pace=pace, now=now, before=now - target.before_s)
    ours = {signal: one.source for signal, one in choices.items() if one.place is place}
    metrics = [source for source in ours.values() if isinstance(source, MetricSource)]
    told = told_of(server, place.scope, ours, sink.catalogue, moments, until)
    census = take_census(server, replace(place.scope, crowd=told), metrics, pace.frame, now, until)
    counted = replace(place, scope=census.scope, doubt=MIXED_WORKERS if pace.mixed else None)
    choices = {
        signal: replace(one, place=counted) if one.place is place else one for signal, one in choices.items()
    }
    known = {(place.scope.selector, request): answer for request, answer in census.answers.items()}
    _Writer(sink, server, moments, known, target.slow_s, until).write(choices)
    tell_restarts(sink, server, place, choices, now, until)
    visited = Visited(server=server, target=target, place=counted, pace=pace, now=now)
    for doubt in visited.doubts(choices, census, until):
        sink.doubt(doubt)


def _clock(server: PrometheusServer, target: Target, sink: Sink) -> float:
    """Return the moment to look at: the server's own now, whatever this machine's clock says."""
    now, doubts = now_of(server)
    for doubt in doubts:
        sink.doubt(doubt)
    return now if target.at is None else target.at


def _tell(sink: Sink, service: Service, pace: Pace) -> None:
    if service.doubt:
        sink.problem(service.doubt, hint="--service NAME, or --selector MATCHERS")
    tell_down(pace, sink)


def _choose(sink: Sink, server: PrometheusServer, place: Place, now: float, until: float) -> Choices:
    signals = sink.catalogue.of("prometheus")
    places = look_around(server, place, signals, now, until)
    choices = {}
    for signal in signals:
        chosen = places.choose(signal)
        if isinstance(chosen, Missing):
            sink.missing(signal.id, chosen.reason, chosen.detail)
        elif chosen:
            choices[signal] = chosen
    return choices


_Doubt = tuple[str | None, Bound | None]
"""Why a reading is in doubt, if it is, and on which side of it the true value lies then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubts:
    bias: str | None
    bound: Bound | None

    @classmethod
    def of(cls, place: Place, *doubts: _Doubt) -> _Doubts:
        """Join all doubts about a reading of a place, each once."""
        told = {text: bound for text, bound in ((place.doubt, None), *doubts) if text}
        return cls(bias="; ".join(told) or None, bound=common_bound(told.values()))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Asks for what the chosen sources take and writes readings."""

    sink: Sink
    server: PrometheusServer
    moments: Moments
    known: Mapping[Wish, Answer]
    slow_s: float
    until: float

    def write(self, choices: Choices) -> None:
        metrics = {s: (c.place, c.source) for s, c in choices.items() if isinstance(c.source, MetricSource)}
        sources = [(place.scope, source) for place, source in metrics.values()]
        fetched = fetch(self.server, sources, self.moments, self.known, self.until)
        if fetched.slow_s is not None:
            self.sink.problem(
                f"the server is slow: rates and latencies of the present took {fetched.slow_s:.1f} s, "
                "so they were not compared with the past",
                hint="a shorter --window costs less",
            )
        for signal, (place, source) in metrics.items():
            self._metric(signal, place, source, fetched.found[place.scope.selector])
        self._expressions(
            {s: (c.place, c.source) for s, c in choices.items() if isinstance(c.source, PromqlSource)}
        )

    def _metric(self, signal: Signal, place: Place, source: MetricSource, both: Both) -> None:
        requests = plan(source).essential
        failed = next((both.now.failures[r] for r in requests if r in both.now.failures), None)
        if failed:
            self.sink.missing(signal.id, failed.reason, failed.detail)
            return
        pace = self.moments.pace
        windows = (
            Window(answers=both.now.vectors, seconds=pace.frame.window_s, samples=pace.samples),
            Window(answers=both.before.vectors, seconds=pace.past.window_s),
        )
        found = evaluate(source, signal.unit, *windows)
        if isinstance(found, Missing):
            self.sink.missing(signal.id, found.reason, found.detail)
            return
        remarks = [(remark, None) for r in requests for remark in both.now.remarks.get(r, ())]
        holes = (r.metric for r in requests if r in both.now.holes)
        for doubt in (
            *of_holes(signal, holes, self.sink.source),
            *quantile_doubts(signal, source, found, self.slow_s, self.sink.source),
        ):
            self.sink.doubt(doubt)
        doubts = _Doubts.of(place, (found.bias, found.bound), *remarks, *self._of_scrapes(source))
        self.sink.reading(
            signal.id,
            found.value,
            by=found.by,
            before=found.before,
            window=found.window,
            bias=doubts.bias,
            bound=doubts.bound,
        )

    def _expressions(self, chosen: Mapping[Signal, tuple[Place, PromqlSource]]) -> None:
        """Answer the signals whose source is an expression, now and in the comparison window."""
        queries = [bounded(source, place.scope) for place, source in chosen.values()]
        frame = self.moments.pace.frame
        asked = [
            Question(query.replace("$window", f"{frame.window_s}s"), at)
            for at in (self.moments.now, self.moments.before)
            for query in queries
        ]
        answers = ask_all(self.server, asked, self.until)
        for number, (signal, (place, source)) in enumerate(chosen.items()):
            self._expression(signal, place, source, answers[number], answers[number + len(chosen)])

    def _expression(
        self, signal: Signal, place: Place, source: PromqlSource, now: Result, before: Result
    ) -> None:
        found = read_expression(source, now)
        unanswered = self._of_scrapes(source)
        if isinstance(found, Missing):
            has_answer = not unanswered or isinstance(now, SourceFailed)
            self.sink.missing(signal.id, found.reason, found.detail if has_answer else NO_SCRAPE)
            return
        past = read_expression(source, before)
        value, by = found
        remarks = () if isinstance(now, SourceFailed) else now.remarks
        said = [(remark, None) for remark in remarks]
        doubts = _Doubts.of(place, (source.bias, source.bound), *said, *unanswered)
        earlier = None if isinstance(past, Missing) else past[0]
        self.sink.reading(signal.id, value, by=by, before=earlier, bias=doubts.bias, bound=doubts.bound)

    def _of_scrapes(self, source: ServerSource) -> tuple[_Doubt, ...]:
        """Return what speaks against the scraper's own account: it counts an unanswered scrape as well.

        That has no samples, and ended when the scraper gave up: both say nothing about an answer.
        """
        if marker_of(source) not in OF_THE_SCRAPER:
            return ()
        match self.moments.pace.failing:
            case None:
                return ((UNKNOWN_IF_ANSWERED, None),)
            case 0:
                return ()
            case _:
                return ((UNANSWERED, Bound.AT_LEAST),)
