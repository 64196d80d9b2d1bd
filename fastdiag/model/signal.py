"""Signals and what sources say of them: a reading, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fastdiag.model.quantity import Unit

Labels = tuple[tuple[str, str], ...]
"""Label names and values of one part of a reading, sorted by name."""


class Reason(StrEnum):
    """Why a signal has no value. The order is that of usefulness to the reader."""

    DENIED = "denied"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    ABSENT = "absent"
    NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class Missing:
    """A signal without a value, and why: unknown is a value with a reason, never zero."""

    reason: Reason
    detail: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One label set of a reading: an endpoint, a worker, a state, an application.

    ``count`` is the number of observations behind ``value`` where the source knows it (requests of a
    route in the window); None where the notion does not apply (a worker's CPU).
    """

    labels: Labels
    value: float
    before: float | None = None
    count: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Lowest and highest value seen over the window, from so many samples."""

    lowest: float
    highest: float
    samples: int


class Bound(StrEnum):
    """What a value in doubt still is: the true one lies on one side of it."""

    AT_LEAST = "at least"  # something is left out: the true value is this or higher
    AT_MOST = "at most"  # something foreign is counted in: the true value is this or lower


def common_bound(bounds: Iterable[Bound | None]) -> Bound | None:
    """Return the bound that several doubts about one value leave; doubts of both kinds leave none."""
    told = set(bounds)
    return told.pop() if len(told) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one source says of one signal, in the signal's unit.

    value   service-wide value now; None when only the breakdown makes sense
    before  the same in the comparison window
    by      breakdown, in the order of the source, worst first where it has an order
    window  lowest and highest value over the window
    bias    why the value must not be trusted fully (worker lottery, one worker of several, averaged, ...)
    bound   on which side of the value the true one lies all the same; None where the bias leaves that open
    """

    signal: str
    unit: Unit
    source: str
    value: float | None
    before: float | None = None
    by: tuple[Part, ...] = ()
    window: Range | None = None
    bias: str | None = None
    bound: Bound | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether the reading may rule a cause out."""
        return self.bias is None


class Combine(StrEnum):
    """How the series of one metric become one number."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"
    AVG = "avg"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label whose whole value must (or must not) match a regular expression (RE2 and Python agree)."""

    label: str
    pattern: str
    negate: bool = False


class Beside(StrEnum):
    """Where a program that knows something about the service stands, when it is not the service itself."""

    POD = "pod"  # its series carry the service's namespace and pod (cAdvisor, kube-state-metrics)
    HOST = "host"  # its instance has the service's host (node_exporter)
    ALONE = "alone"  # the only instance there is: taken for the service's, with a bias (postgres_exporter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """Series whose library does not see what the signal is about, and why."""

    where: tuple[Matcher, ...]
    because: str


class MetricKind(StrEnum):
    """What is computed from a metric."""

    HISTOGRAM = "histogram"  # a quantile of the observations in the window
    COUNTER = "counter"  # increase per second over the window
    GAUGE = "gauge"  # the latest value


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSource:
    """How a signal is obtained from metrics, by PromQL or from two scrapes of a page alike.

    by       label that names the parts (the route, the upstream host, ...)
    per_instance  whether the instances (and workers, where they show) are parts of their own
    per      for counters: divide by the increase of this metric instead of by time (error ratios)
    per_where  matchers of the denominator
    detail   another metric that yields the breakdown, where the service-wide one carries no labels
    ignore   regular expression of `by` values that are not the service's work (health checks, /metrics)
    requires  for ratios: some series must match, or the labels cannot tell what is asked (grouped statuses)
    blind    series that are left out, because their library does not see what the signal is about
    bias     why readings of this source are not fully trusted; always, or where some series match bias_where
    bound    which side of the true value a biased reading is on
    beside   which program beside the service publishes the metric; None when the service itself does
    """

    kind: MetricKind
    metric: str
    library: str
    quantile: float | None = None
    by: str | None = None
    where: tuple[Matcher, ...] = ()
    per: str | None = None
    per_where: tuple[Matcher, ...] = ()
    ignore: str | None = None
    combine: Combine = Combine.SUM
    scale: float = 1.0
    detail: MetricSource | None = None
    per_instance: bool = False
    requires: tuple[Matcher, ...] = ()
    blind: Blind | None = None
    bias: str | None = None
    bias_where: tuple[Matcher, ...] = ()
    bound: Bound | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromqlSource:
    """The way out for what does not fit: an expression with `$selector` and `$window`, for servers only.

    metric   one of those it reads; where that does not exist, the next source is tried
    by       label that names the parts; without it the expression has to yield one series
    combine  how the parts become the service-wide value
    bias, bound, beside  as for metrics
    """

    promql: str
    library: str
    metric: str | None = None
    by: str | None = None
    combine: Combine = Combine.MAX
    bias: str | None = None
    bound: Bound | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorSource:
    """A signal that a collector yields by itself; ``needs`` is the privilege or setting it takes."""

    collector: str
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPattern:
    """A regular expression that is searched in one line after the other, proven to be cheap.

    literals  where none of these texts stands in a line, the expression need not be tried; never empty
    """

    regex: str
    literals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """How a signal is counted in the records of a log: all sources of a signal together, each record once.

    Counts are records in the window, rates those per second, ratios records per record that matches ``per``.

    library  who writes such lines
    per      for ratios: what they are a share of
    heard    a record that shows that the log would tell, so that none is none; without it, none is unknown
    ignore   regular expression of paths (the group `path`) that are not the service's work
    bias     why readings of this source are never fully trusted
    """

    pattern: LogPattern
    library: str
    per: LogPattern | None = None
    heard: LogPattern | None = None
    ignore: str | None = None
    bias: str | None = None


SignalSource = MetricSource | PromqlSource | CollectorSource | LogSource
LOGS: Final = "logs"
"""The collector that reads log lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A signal computed from two others: `db.pool.in_use / db.pool.size`."""

    left: str
    operator: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtain:
    """How a person makes a missing signal visible: a read-only command and its rough cost."""

    run: str
    cost_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The definition of a signal: meaning, unit, and where it comes from."""

    id: str
    unit: Unit
    title: str
    sources: tuple[SignalSource, ...] = ()
    formula: Formula | None = None
    obtain: Obtain | None = None
    where: str = ""

    @property
    def collectors(self) -> tuple[str, ...]:
        """Names of the sources that may yield this signal, the preferred first."""
        names: dict[str, None] = {}
        for source in self.sources:
            match source:
                case MetricSource():
                    names.update({"prometheus": None, "scrape": None})
                case PromqlSource():
                    names.update({"prometheus": None})
                case CollectorSource(collector=collector):
                    names.update({collector: None})
                case LogSource():
                    names.update({LOGS: None})
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All signal definitions by id."""

    signals: Mapping[str, Signal] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old names, and what the signals are called now."""

    def current(self, signal: str) -> str:
        """Return the name that a signal has now."""
        return self.renamed.get(signal, signal)

    def of(self, collector: str) -> tuple[Signal, ...]:
        """Return the signals that a source may yield, in the order of their definition."""
        return tuple(signal for signal in self.signals.values() if collector in signal.collectors)

    def unit(self, signal: str) -> Unit:
        """Return the unit of a signal. Raise KeyError for a signal that no file defines."""
        return self.signals[signal].unit
