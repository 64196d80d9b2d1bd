"""What a Prometheus server knows of the service: now, and in the comparison window.

The server aggregates; what crosses the network is a few numbers a query. Which library the service uses,
and which job it is, are detected.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
from fastdiag.collectors.prometheus_vectors import Answers, Queries
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.metrics.evaluate import evaluate, first_existing
from fastdiag.metrics.plan import marker, plan
from fastdiag.metrics.promql import detection, one_of, quoted
from fastdiag.metrics.vector import Window
from fastdiag.model.signal import Catalogue, MetricSource, Missing, PromqlSource, Reason, Signal
from fastdiag.model.target import DISCOVERED, Target

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
        plans = [plan(source) for source in chosen.values()]
        queries = Queries(self.server, service.selector, pace, now, now - self.target.before_s)
        present, past = queries.fetch(plans, self.until)
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
        """Detect which services and which metrics there are."""
        selector = (self.target.selector or "").strip().removeprefix("{").removesuffix("}").strip(" ,")
        names = {*_markers(self.sink.catalogue), *FOREIGN_MARKS, *PYTHON_MARKS}
        alive, silent = self._ask(
            [
                partial(self.server.ask, detection(names, IDENTITY, selector), now),
                partial(self.server.ask, f"group by (job) (up{{{selector}}} == 0)", now),
            ]
        )
        if isinstance(alive, SourceFailed):
            raise alive
        rows = [series.labels for series in alive.series]
        if not isinstance(silent, SourceFailed):
            rows += self._silent(names, selector, rows, silent, now)
        if selector:
            return selected(rows, selector)
        if self.target.service is None and (job := self._job_of_local_server(now)):
            return selected([row for row in rows if row.get("job") == job], f"job={quoted(job)}")
        return choose(rows, self.target.service, _markers(self.sink.catalogue, HTTP_FAMILY))

    def _job_of_local_server(self, now: float) -> str | None:
        """Return the job that scrapes a port of the server found on this machine.

        The only job of a Prometheus that was merely found here may well be another service's: then it is
        left alone. One that the user named is taken at their word.
        """
        ports = {str(port) for port in self.target.local.ports} if self.target.local else set()
        if not ports:
            return None
        (answer,) = self._ask([partial(self.server.ask, "group by (job, instance) (up)", now)])
        series = () if isinstance(answer, SourceFailed) else answer.series
        jobs = {row.labels["job"] for row in series if _port(row.labels.get("instance", "")) in ports}
        if not jobs and (self.target.origin_of("prometheus") or "").startswith(DISCOVERED):
            raise SourceSkipped(
                f"found on this machine, but it scrapes no port of the service ({', '.join(sorted(ports))})",
                hint="--service NAME if it knows the service all the same",
            )
        return jobs.pop() if len(jobs) == 1 else None

    def _silent(
        self, names: set[str], selector: str, rows: list[Mapping[str, str]], silent: Answer, now: float
    ) -> list[Mapping[str, str]]:
        """Return the metrics that jobs had until their scrapes failed: a hung service has none now.

        Without them, the only other service there would be taken for it.
        """
        jobs = {series.labels.get("job", "") for series in silent.series} - {row.get("job") for row in rows}
        if not jobs - {""}:
            return []
        window = math.ceil(self.target.window_s)
        query = detection(names, IDENTITY, selector, f"job=~{one_of(jobs)}", lookback_s=window)
        (answer,) = self._ask([partial(self.server.ask, query, now)])
        return [] if isinstance(answer, SourceFailed) else [series.labels for series in answer.series]

    def _tell(self, service: Service, pace: Pace) -> None:
        if service.doubt:
            self.sink.problem(service.doubt, hint="--service NAME, or --selector MATCHERS")
        if pace.is_up is False:
            self.sink.problem(
                "Prometheus' last scrape of the service failed",
                hint="is it running, and does /metrics answer?",
            )

    def _write(
        self,
        signal: Signal,
        source: MetricSource,
        windows: tuple[Window, Window],
        present: Answers,
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
        queries = {
            signal: source.promql.replace("$selector", service.selector).replace(
                "$window", f"{pace.frame.window_s}s"
            )
            for signal in self.sink.catalogue.of("prometheus")
            for source in signal.sources[::-1]
            if isinstance(source, PromqlSource) and signal not in chosen
        }
        answers = self._ask([partial(self.server.ask, query, now) for query in queries.values()])
        for signal, answer in zip(queries, answers, strict=True):
            if isinstance(answer, SourceFailed):
                self.sink.missing(signal.id, answer.reason, answer.detail)
            elif len(answer.series) == 1:
                bias = "; ".join(answer.remarks) or None
                self.sink.reading(signal.id, answer.series[0].value, bias=bias)
            else:
                detail = f"the expression yields {len(answer.series)} series, not one"
                self.sink.missing(signal.id, Reason.ABSENT, detail)

    def _ask(self, calls: list[Callable[[], Answer]]) -> list[Answer | SourceFailed]:
        return run_all(calls, self.until)


def _port(instance: str) -> str:
    return instance.rpartition(":")[2]


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
