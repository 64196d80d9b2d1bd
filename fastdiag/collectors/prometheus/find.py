"""Finding the service on the server, and the metrics that it has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.choice import Place, wanted
from fastdiag.collectors.prometheus.jobs import FOREIGN_MARKS, IDENTITY, PYTHON_MARKS, Service, choose
from fastdiag.collectors.prometheus.names import NAME, Names, Wanted, detect
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed, SourceSkipped
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import Scope, one_of, quoted
from fastdiag.metrics.vector import BUCKET
from fastdiag.model.signal import Catalogue, Reason, Signal
from fastdiag.model.target import DISCOVERED, Target

HTTP_FAMILY: Final = "http."
MARKS: Final = frozenset({START_TIME, "target_info"}) | FOREIGN_MARKS | PYTHON_MARKS
"""Beside request counts, these tell that there is a service, and of what kind."""
OF_THE_SCRAPER: Final = frozenset({"scrape_samples_scraped", "scrape_duration_seconds"})
"""Prometheus makes these itself, also when the service does not answer."""

MAX_LEFT_OUT: Final = 30
"""More jobs than these do not fit into the address of a query, beside the names."""

Rows = list[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Looks at a moment of the server's clock."""

    target: Target
    server: PrometheusServer
    catalogue: Catalogue
    now: float
    until: float

    def find(self) -> tuple[Service, Place]:
        """Return the service and the metrics that it has.

        A job of the very name that the user gave is looked at before any other: where kindred services
        have the same metrics, going through theirs costs more than all else. Raise SourceFailed when
        there is no service, or more than one, or it has no metric of a known library.
        """
        if self.target.service and not self.target.selector:
            namesake = Service(selector=f"job={quoted(self.target.service)}")
            place = self._place(namesake) if self._is_scraped(namesake.selector) else None
            if place and place.names & (_metrics_of(wanted(self._http())) | MARKS):
                return namesake, place
        service = self._service()
        place = self._place(service)
        if place is None:
            raise SourceFailed(
                Reason.ABSENT,
                f"no metric of a known library matches {{{service.selector}}}",
                hint='--selector takes matchers, such as \'job="shop-api", namespace="prod"\'',
            )
        return service, place

    def _service(self) -> Service:
        """Return the user's own matchers, else the job of the local server, else what is found."""
        selector = (self.target.selector or "").strip().removeprefix("{").removesuffix("}").strip(" ,")
        if selector:
            return Service(selector=selector)
        if self.target.service is None and (job := self._job_of_local_server()):
            return Service(selector=f"job={quoted(job)}")
        names = wanted(self._http())
        rows = self._services(names)
        rows += self._silent(Wanted(plain=names.plain | MARKS, histograms=names.histograms), rows)
        return choose(rows, self.target.service, _metrics_of(names))

    def _place(self, service: Service) -> Place | None:
        """Return which metrics the service has, if any; of a hung one, which it had within the window."""
        known = wanted(self.catalogue.of("prometheus"))
        names = replace(known, plain=known.plain | {START_TIME})
        rows = self._metrics(names, service.selector)
        if not {row.get(NAME) for row in rows} - OF_THE_SCRAPER:
            rows += self._rows(names, (), service.selector, lookback_s=math.ceil(self.target.window_s))
        if not rows:
            return None
        found = Names.of((row.get(NAME, "") for row in rows), names)
        scope = Scope(selector=service.selector, native=found.native, escapes=self.server.is_victoria_metrics)
        return Place(scope=scope, names=found.existing)

    def _http(self) -> list[Signal]:
        return [signal for signal in self.catalogue.of("prometheus") if signal.id.startswith(HTTP_FAMILY)]

    def _is_scraped(self, selector: str) -> bool:
        answer = self._ask(f"group by (job) (up{{{selector}}})")
        return not isinstance(answer, SourceFailed) and bool(answer.series)

    def _services(self, names: Wanted) -> Rows:
        """Return who has these names or a mark, by the labels of IDENTITY.

        A histogram is seen by one bucket of each route, a counter of requests only by all of its series:
        counters are looked for where there is no histogram.
        """
        rows = self._rows(Wanted(plain=MARKS, histograms=names.histograms), IDENTITY, "")
        divided = {row.get("job", "") for row in rows if row.get("exported_job")}
        jobs = {row.get("job", "") for row in rows if row.get(NAME) in _metrics_of(names)} - divided - {""}
        known = f"job!~{one_of(sorted(jobs)[:MAX_LEFT_OUT])}" if jobs else ""
        return rows + self._rows(Wanted(plain=names.plain), IDENTITY, known)

    def _metrics(self, names: Wanted, selector: str) -> Rows:
        """Return the rows of the metrics that the service has.

        Nearly all of them show at one of its targets, so that is where they are looked for first: finding
        a metric means to read all of its series.
        """
        answer = self._ask(f"topk(1, up{{{selector}}} == 1)")
        targets = () if isinstance(answer, SourceFailed) else answer.series
        rows: Rows = []
        for row in targets:
            if instance := row.labels.get("instance"):
                rows += self._rows(names, (), f"{selector}, instance={quoted(instance)}")
        return rows + self._rows(names.without(row.get(NAME, "") for row in rows), (), selector)

    def _rows(
        self, names: Wanted, labels: Sequence[str], selector: str, *, lookback_s: int | None = None
    ) -> Rows:
        found = detect(self.server, names, labels, selector, self.now, self.until, lookback_s=lookback_s)
        return [series.labels for series in found]

    def _job_of_local_server(self) -> str | None:
        """Return the job that scrapes a port of the server found on this machine.

        The only job of a Prometheus that was merely found here may well be another service's: then it is
        left alone. One that the user named is taken at their word.
        """
        ports = {str(port) for port in self.target.local.ports} if self.target.local else set()
        if not ports:
            return None
        answer = self._ask(f"topk(2, group by (job) (up{{instance=~{quoted(_ending(ports))}}}))")
        series = () if isinstance(answer, SourceFailed) else answer.series
        jobs = {row.labels.get("job", "") for row in series}
        if not jobs and (self.target.origin_of("prometheus") or "").startswith(DISCOVERED):
            raise SourceSkipped(
                f"found on this machine, but it scrapes no port of the service ({', '.join(sorted(ports))})",
                hint="--service NAME if it knows the service all the same",
            )
        return jobs.pop() if len(jobs) == 1 else None

    def _silent(self, names: Wanted, rows: Rows) -> Rows:
        """Return the metrics that jobs had until their scrapes failed: a hung service has none now.

        Without them, the only other service there would be taken for it.
        """
        answer = self._ask("group by (job) (up == 0)")
        silent = () if isinstance(answer, SourceFailed) else answer.series
        jobs = {series.labels.get("job", "") for series in silent} - {row.get("job") for row in rows} - {""}
        if not jobs:
            return []
        window = math.ceil(self.target.window_s)
        try:
            return self._rows(names, IDENTITY, f"job=~{one_of(jobs)}", lookback_s=window)
        except SourceFailed:
            return []

    def _ask(self, query: str) -> Answer | SourceFailed:
        (answer,) = run_all([partial(self.server.ask, query, self.now)], self.until)
        return answer


def _metrics_of(names: Wanted) -> frozenset[str]:
    return names.plain | names.histograms | {name + BUCKET for name in names.histograms}


def _ending(ports: Iterable[str]) -> str:
    """Return the pattern of instances at one of these ports."""
    return f"(.*:)?({'|'.join(sorted(ports))})"
