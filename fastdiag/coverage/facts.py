"""What was seen of a service's observability, before it is judged: metrics, logs, headers, packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.metrics.matching import matches
from fastdiag.model.signal import Catalogue, Matcher, MetricSource, Missing, PromqlSource, Reading

PROMETHEUS: Final = "prometheus"
PAGE: Final = "scrape"
LOGS: Final = "logs"
PROBE: Final = "probe"
WORKERS: Final = "workers"
INSTRUMENT: Final = "fastdiag-instrument"
"""How the signal catalogue calls ``fastdiag.instrument``."""
ROUTE_LABELS: Final = (
    *("handler", "endpoint", "path", "path_template", "route", "http_route", "http_target", "http_path"),
    *("url", "uri", "url_path", "url_template", "view", "resource", "operation"),
)
"""Labels under which people put the endpoint when they count requests by hand, the usual ones first."""
STATUS_LABELS: Final = (
    "status",
    "status_code",
    "code",
    "http_status",
    "http_status_code",
    "http_response_status_code",
)
NO_ENDPOINT: Final = frozenset({"worker", "pid", "instance"})
"""Labels by which a library that knows no endpoints tells its series apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is known of a metric's series.

    labels  names of the labels with their values, as far as they were asked for
    counts  how many values a label has, where that is more than were fetched
    age_s   how old the newest sample is; None where that is not known
    bounds  finite upper bounds of a histogram's buckets, in the metric's own unit, ascending
    """

    labels: Mapping[str, tuple[str, ...]]
    series: int
    age_s: float | None = None
    bounds: tuple[float, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    is_native: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that shows a signal, as one source has it.

    source     prometheus or scrape (the service's own page)
    how        the entry of the signal catalogue that knows it
    is_detail  whether it only breaks another one down
    is_beside  whether a program beside the service publishes it
    """

    signal: str
    source: str
    name: str
    how: MetricSource | PromqlSource
    columns: Columns
    is_detail: bool = False
    is_beside: bool = False

    @property
    def bounds(self) -> tuple[float, ...]:
        """The bounds of its buckets in the signal's unit."""
        scale = self.how.scale if isinstance(self.how, MetricSource) else 1.0
        return tuple(bound * scale for bound in self.columns.bounds)

    @property
    def route_label(self) -> str | None:
        """The label that holds the endpoint; None where none does."""
        own = (self.how.by,) if self.how.by and self.how.by not in NO_ENDPOINT else ()
        return next((name for name in (*own, *ROUTE_LABELS) if name in self.columns.labels), None)

    @property
    def routes(self) -> tuple[str, ...]:
        """The endpoints, as far as they were fetched."""
        return self.columns.labels.get(self.route_label or "", ())

    @property
    def route_count(self) -> int:
        """How many endpoints there are."""
        return self.columns.counts.get(self.route_label or "", len(self.routes))

    @property
    def status_label(self) -> str | None:
        """The label that holds the status of answers: the catalogue's own, else a usual one."""
        where = self.how.where if isinstance(self.how, MetricSource) else ()
        names = (*(matcher.label for matcher in where), *STATUS_LABELS)
        return next((name for name in names if name in self.columns.labels), None)

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that have been counted."""
        return self.columns.labels.get(self.status_label or "", ())

    @property
    def blind_to(self) -> str | None:
        """Why a library that publishes it does not see what the signal is about."""
        blind = self.how.blind if isinstance(self.how, MetricSource) else None
        return blind.because if blind and any(self._matched(blind.where)) else None

    @property
    def is_blind(self) -> bool:
        """Whether no series is left that would see it."""
        blind = self.how.blind if isinstance(self.how, MetricSource) else None
        return blind is not None and all(self._matched(blind.where))

    @property
    def is_biased(self) -> bool:
        """Whether some series are of the kind that the catalogue distrusts."""
        where = self.how.bias_where if isinstance(self.how, MetricSource) else ()
        return self.how.bias is not None and (not where or any(self._matched(where)))

    def _matched(self, where: Sequence[Matcher]) -> list[bool]:
        """Say of each value of the deciding label whether it matches."""
        label = where[0].label
        return [matches({label: value}, where) for value in self.columns.labels.get(label, ("",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one source of metrics holds.

    metrics    by signal: those that the catalogue knows
    strangers  names that no signal knows and that sound like something on the checklist
    lottery    says that the page is one of several workers'; empty when it is not
    interval_s time between two scrapes, where the source knows it
    """

    source: str
    metrics: Mapping[str, tuple[Metric, ...]]
    strangers: tuple[str, ...] = ()
    lottery: str = ""
    interval_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSight:
    """How the service logs: of so many records, the share of each kind and the fields that make it.

    shares, fields  by signal (observability.logs.*)
    age_s           how old the newest record is that says so beyond doubt; None where none does
    """

    records: int
    shares: Mapping[str, float]
    fields: Mapping[str, tuple[str, ...]]
    age_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checklist is judged by.

    slow_s    the latency objective: from how many seconds on a request hurts
    unseen    sources that told nothing, and why
    readings  by source and signal: what the probe, the workers and the logs said
    packages  name -> version of what is installed where the service runs; None when that is not known
    """

    catalogue: Catalogue
    slow_s: float
    shelves: tuple[Shelf, ...] = ()
    unseen: Mapping[str, Missing] = field(default_factory=dict)
    logs: LogSight | None = None
    readings: Mapping[tuple[str, str], Reading] = field(default_factory=dict)
    packages: Mapping[str, str] | None = None

    def metrics_of(self, *signals: str) -> tuple[Metric, ...]:
        """Return the metrics that show any of these signals, those of the first source first."""
        return tuple(
            metric for shelf in self.shelves for signal in signals for metric in shelf.metrics.get(signal, ())
        )

    def shelf(self, source: str) -> Shelf | None:
        """Return what a source of metrics holds; None when it told nothing."""
        return next((shelf for shelf in self.shelves if shelf.source == source), None)

    @property
    def is_instrumented(self) -> bool:
        """Whether the service publishes what ``fastdiag.instrument`` adds."""
        return any(
            metric.how.library == INSTRUMENT
            for shelf in self.shelves
            for of in shelf.metrics.values()
            for metric in of
        )

    @property
    def uses(self) -> frozenset[str]:
        """Names of the libraries that the service has: its packages, and those whose metrics it publishes."""
        seen = (
            metric.how.library for shelf in self.shelves for of in shelf.metrics.values() for metric in of
        )
        return frozenset(self.packages or ()) | frozenset(name.split(" (")[0] for name in seen)
