"""What a Prometheus server knows of the service: now, and in the comparison window.

The server aggregates; what crosses the network is a few numbers a query. Which library the service uses,
and which job it is, are detected.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus_jobs import (
    FOREIGN_MARKS,
    IDENTITY,
    PYTHON_MARKS,
    Service,
    choose,
    selected,
)
from fastdiag.collectors.prometheus_pace import Pace, measure
from fastdiag.collectors.prometheus_server import Address, Answer, PrometheusServer
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.metrics.evaluate import evaluate, first_existing
from fastdiag.metrics.matching import pick
from fastdiag.metrics.plan import marker, plan
from fastdiag.metrics.promql import detection, promql
from fastdiag.metrics.vector import Sampling, Vector, VectorRequest, Window
from fastdiag.model.signal import Catalogue, MetricSource, Missing, PromqlSource, Signal
from fastdiag.model.target import Target

SPARE_S: Final = 0.2
"""Left at the end for turning what came in time into readings."""
HTTP_FAMILY: Final = "http."
MIXED_WORKERS: Final = "scrapes of one address reach different workers: rates are wrong"


def collect(target: Target, sink: Sink) -> None:
    """Fill the sink with every signal for which the server has the metrics."""
    if target.prometheus is None:
        raise SourceSkipped("no Prometheus is known", hint="--prometheus URL, or set PROMETHEUS_URL")
    address = Address.of(target.prometheus)
    sink.target = address.url
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    server = PrometheusServer(address, until)
    try:
        _Visit(target, sink, server, until).run()
    finally:
        sink.requests = server.asked
        server.close()


@dataclass(slots=True)
class _Answers:
    """Vectors of one window, what failed, and what the server remarked on."""

    vectors: dict[VectorRequest, Vector] = field(default_factory=dict)
    failures: dict[VectorRequest, SourceFailed] = field(default_factory=dict)
    remarks: dict[VectorRequest, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One run: each step is a method, in the order of ``run``."""

    target: Target
    sink: Sink
    server: PrometheusServer
    until: float

    def run(self) -> None:
        now = self._clock()
        service = self._service(now)
        self.sink.target = f"{self.sink.target} {{{service.selector}}}"
        pace = measure(self.server, service.selector, now, self.target.window_s, self.until)
        self._tell(service, pace)
        chosen = dict(_sources(self.sink.catalogue, service.metrics))
        present, past = self._fetch(service.selector, pace, chosen.values(), now)
        windows = (
            Window(answers=present.vectors, seconds=pace.frame.window_s, samples=pace.samples),
            Window(answers=past.vectors, seconds=pace.past.window_s),
        )
        for signal, source in chosen.items():
            self._write(signal, source, windows, present, MIXED_WORKERS if pace.mixed else None)
        self._write_promql(service, pace, now, chosen)

    def _clock(self) -> float:
        """Return the server's time: the windows are its own, whatever this machine's clock says."""
        (answer,) = self._ask([partial(self.server.ask, "vector(time())")])
        if isinstance(answer, SourceFailed):
            raise answer
        return answer.series[0].value if answer.series else time.time()

    def _service(self, now: float) -> Service:
        """Detect metrics and services, now and a window ago: a hung service has no fresh samples."""
        selector = (self.target.selector or "").strip().removeprefix("{").removesuffix("}").strip(" ,")
        metrics = _markers(self.sink.catalogue)
        query = detection({*metrics, *FOREIGN_MARKS, *PYTHON_MARKS}, IDENTITY, selector)
        answers = self._ask([partial(self.server.ask, query, at) for at in (now, now - self.target.window_s)])
        if isinstance(answers[0], SourceFailed):
            raise answers[0]
        found = [answer for answer in answers if not isinstance(answer, SourceFailed)]
        rows = [series.labels for answer in found for series in answer.series]
        if selector:
            return selected(rows, selector)
        return choose(rows, self.target.service, _markers(self.sink.catalogue, HTTP_FAMILY))

    def _tell(self, service: Service, pace: Pace) -> None:
        if service.doubt:
            self.sink.problem(service.doubt, hint="--service NAME, or --selector MATCHERS")
        if pace.is_up is False:
            self.sink.problem(
                "Prometheus' last scrape of the service failed",
                hint="is it running, and does /metrics answer?",
            )

    def _fetch(
        self, selector: str, pace: Pace, sources: Iterable[MetricSource], now: float
    ) -> tuple[_Answers, _Answers]:
        """Fetch the vectors of both windows at once, what the values need first."""
        plans = [plan(source) for source in sources]
        needed = dict.fromkeys(request for one in plans for request in one.essential)
        extra = [request for one in plans for request in one.extra if request not in needed]
        before = now - self.target.before_s
        wanted = [(request, at) for at in (now, before) for request in needed]
        wanted += [(request, now) for request in dict.fromkeys(extra)]
        wanted += [(r, before) for r in dict.fromkeys(extra) if r.sampling is Sampling.INCREASE]
        frames = {now: pace.frame, before: pace.past}
        queries = [(promql(request, selector, frames[at]), at) for request, at in wanted]
        results = self._ask([partial(self.server.ask, query, at) for query, at in queries])
        present, past = _Answers(), _Answers()
        for (request, at), result in zip(wanted, results, strict=True):
            _sort(request, result, present if at == now else past)
        return present, past

    def _write(
        self,
        signal: Signal,
        source: MetricSource,
        windows: tuple[Window, Window],
        present: _Answers,
        doubt: str | None,
    ) -> None:
        requests = plan(source)
        failed = next((present.failures[r] for r in requests.essential if r in present.failures), None)
        if failed:
            self.sink.missing(signal.id, failed.reason, failed.detail)
            return
        found = evaluate(source, signal.unit, *windows)
        if isinstance(found, Missing):
            self.sink.missing(signal.id, found.reason, found.detail)
            return
        remarks = (remark for r in requests.essential for remark in present.remarks.get(r, ()))
        bias = "; ".join(dict.fromkeys(text for text in (doubt, found.bias, *remarks) if text))
        self.sink.reading(
            signal.id, found.value, by=found.by, before=found.before, window=found.window, bias=bias or None
        )

    def _write_promql(
        self, service: Service, pace: Pace, now: float, chosen: Mapping[Signal, MetricSource]
    ) -> None:
        """Answer the signals whose source is an expression of the user's own."""
        for signal in self.sink.catalogue.of("prometheus"):
            source = next((s for s in signal.sources if isinstance(s, PromqlSource)), None)
            if signal in chosen or source is None:
                continue
            query = source.promql.replace("$selector", service.selector)
            query = query.replace("$window", f"{pace.frame.window_s}s")
            (answer,) = self._ask([partial(self.server.ask, query, now)])
            if isinstance(answer, SourceFailed):
                self.sink.missing(signal.id, answer.reason, answer.detail)
            elif len(answer.series) == 1:
                bias = "; ".join(answer.remarks) or None
                self.sink.reading(signal.id, answer.series[0].value, bias=bias)

    def _ask(self, calls: list[Callable[[], Answer]]) -> list[Answer | SourceFailed]:
        return run_all(calls, self.until)


def _markers(catalogue: Catalogue, family: str = "") -> frozenset[str]:
    """Return the names whose presence says that some source of a family of signals applies."""
    return frozenset(
        marker(source)
        for signal in catalogue.signals.values()
        if signal.id.startswith(family)
        for source in signal.sources
        if isinstance(source, MetricSource)
    )


def _sources(catalogue: Catalogue, metrics: frozenset[str]) -> Iterator[tuple[Signal, MetricSource]]:
    for signal in catalogue.of("prometheus"):
        sources = [source for source in signal.sources if isinstance(source, MetricSource)]
        source = first_existing(sources, metrics)
        if source is not None:
            yield signal, source


def _sort(request: VectorRequest, result: Answer | SourceFailed, answers: _Answers) -> None:
    if isinstance(result, SourceFailed):
        answers.failures[request] = result
        return
    answers.vectors[request] = {
        pick(series.labels, request.by): series.value
        for series in result.series
        if not math.isnan(series.value)
    }
    answers.remarks[request] = result.remarks
