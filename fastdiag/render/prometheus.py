"""A report as Prometheus metrics, for node_exporter's textfile collector, a Pushgateway and /metrics.

Every series has the label `service`; all other labels are ids of the rule table, names of sources and
channels, and words of a closed set, so that their number is bounded by the table. What is unknown has no
series: neither 0 nor NaN, which `max` and `sum` would carry along.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fastdiag.model.diagnosis import Assessment, Diagnosis, RankedCause, Status
from fastdiag.model.headroom import Headroom
from fastdiag.model.notify import Delivery
from fastdiag.model.report import Report
from fastdiag.model.snapshot import Snapshot, SourceStatus
from fastdiag.redact import disarm

PREFIX: Final = "fastdiag"
NAMELESS: Final = "unknown"
_DIGITS: Final = 4
"""Of probabilities, as in JSON."""
Sample = tuple[tuple[str, ...], float]
"""The values of the labels beside `service`, and the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a run knows beside its report.

    symptoms     ids of all symptoms of the table, so that one that does not hold is 0
    deliveries   what became of the messages about it
    cpu_seconds  processor time that the run took so far, in all of its threads
    """

    symptoms: Collection[str] = ()
    deliveries: Sequence[Delivery] = ()
    cpu_seconds: float | None = None


NOTHING_ELSE: Final = Extras()


def render(report: Report, extras: Extras = NOTHING_ELSE) -> str:
    """Return the metrics in the text format of Prometheus (version 0.0.4)."""
    registry = CollectorRegistry()
    registry.register(_Families(report, extras))
    return generate_latest(registry).decode()


class _Families(Collector):
    """The metrics of one report, as the client library takes them."""

    def __init__(self, report: Report, extras: Extras) -> None:
        self._report = report
        self._extras = extras

    def describe(self) -> Iterable[Metric]:
        """Return nothing: there is no other collector whose names could clash."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return all families that have a sample."""
        diagnosis = self._report.diagnosis
        service = disarm(diagnosis.snapshot.service) or NAMELESS
        rows = (
            *_status(diagnosis),
            *_symptoms(diagnosis, self._extras.symptoms),
            *_causes(diagnosis),
            *_headroom(self._report.headroom),
            *_sources(diagnosis.snapshot),
            *_run(diagnosis.snapshot, self._extras),
        )
        return (family for row in rows if (family := _family(row, service)).samples)


def _family(row: _Row, service: str) -> Metric:
    """Return a metric with each series once: two of a kind make a reader refuse all."""
    family = GaugeMetricFamily(f"{PREFIX}_{row.name}", row.means, labels=("service", *row.labels))
    samples: dict[tuple[str, ...], float] = {}
    for labels, value in row.samples:
        if math.isfinite(value):
            samples.setdefault(tuple(map(disarm, labels)), value)
    for labels, value in samples.items():
        family.add_metric([service, *labels], value)
    return family


@dataclass(frozen=True, slots=True)
class _Row:
    """One metric."""

    name: str
    means: str
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]


def _row(name: str, means: str, labels: Sequence[str], samples: Iterable[Sample]) -> _Row:
    return _Row(name, means, tuple(labels), tuple(samples))


def _alone(name: str, means: str, value: float | None) -> _Row:
    return _row(name, means, (), [] if value is None else [((), value)])


def _status(diagnosis: Diagnosis) -> Iterator[_Row]:
    yield _row(
        "status",
        "State of the service: 1 for the status it has, 0 for the others.",
        ["status"],
        (((status.value,), float(status is diagnosis.status)) for status in Status),
    )
    yield _alone(
        "conclusive",
        "Whether one cause stands out clearly: 1 or 0.",
        float(diagnosis.conclusive),
    )


def _symptoms(diagnosis: Diagnosis, known: Collection[str]) -> Iterator[_Row]:
    holding = {symptom.id for symptom in diagnosis.symptoms}
    seen = sorted((holding | set(known)) - set(diagnosis.unknown_symptoms))
    yield _row(
        "symptom_active",
        "Whether a symptom holds: 1 or 0; one that cannot be told has no series.",
        ["symptom"],
        (((symptom,), float(symptom in holding)) for symptom in seen),
    )
    yield _row(
        "symptom_unknown",
        "1 for each symptom that cannot be told: a signal that it needs was not seen.",
        ["symptom"],
        (((symptom,), 1.0) for symptom in sorted(diagnosis.unknown_symptoms)),
    )


def _causes(diagnosis: Diagnosis) -> Iterator[_Row]:
    both: tuple[RankedCause | Assessment, ...] = (*diagnosis.causes, *diagnosis.others)
    yield _row(
        "cause_probability",
        "Probability that a cause is at work, as the root or as a consequence.",
        ["cause"],
        (((cause.id,), round(cause.probability, _DIGITS)) for cause in both),
    )
    yield _row(
        "cause_root_probability",
        "Probability that a cause is at work and nothing else found drives it: the ranking.",
        ["cause"],
        (((cause.id,), round(cause.root, _DIGITS)) for cause in both),
    )


def _headroom(headroom: Headroom | None) -> Iterator[_Row]:
    if headroom is None:
        return
    limits = headroom.limits
    yield _row(
        "headroom_utilization_ratio",
        "Used share of a hard limit; 1 is full.",
        ["limit"],
        (((one.limit.id,), one.utilization) for one in limits),
    )
    yield _row(
        "headroom_reach_multiple",
        "At how many times the present traffic (or connections) a limit is reached; at most 1 is now.",
        ["limit", "of"],
        (((one.limit.id, one.reach.of.value), one.reach.multiple) for one in limits if one.reach),
    )
    yield _row(
        "headroom_full_in_seconds",
        "When a limit is reached if its use goes on growing with time as it does now.",
        ["limit"],
        (((one.limit.id,), one.time.seconds) for one in limits if one.time),
    )
    yield _row(
        "headroom_limit_unknown",
        "1 for each limit of which a number was not seen.",
        ["limit"],
        (((one.limit.id,), 1.0) for one in headroom.unknown),
    )


def _sources(snapshot: Snapshot) -> Iterator[_Row]:
    sources = snapshot.sources
    yield _row(
        "source_status",
        "How a source fared: 1 for the status it has, 0 for the others.",
        ["source", "status"],
        (
            ((one.name, status.value), float(status is one.status))
            for one in sources
            for status in SourceStatus
        ),
    )
    yield _row(
        "source_readings",
        "Signals that a source yielded.",
        ["source"],
        (((one.name,), float(one.readings)) for one in sources),
    )
    yield _row(
        "source_duration_seconds",
        "Time until a source had told everything or was abandoned.",
        ["source"],
        (((one.name,), one.seconds) for one in sources),
    )
    yield _row(
        "source_requests",
        "Requests or statements that were sent to a source.",
        ["source"],
        (((one.name,), float(one.requests)) for one in sources),
    )


def _run(snapshot: Snapshot, extras: Extras) -> Iterator[_Row]:
    yield _alone("last_run_timestamp_seconds", "When the service was looked at.", _moment(snapshot.taken_at))
    slowest = max((one.seconds for one in snapshot.sources), default=None)
    yield _alone("run_collection_seconds", "How long the sources were asked, all at once.", slowest)
    yield _alone("run_cpu_seconds", "Processor time that the run took.", extras.cpu_seconds)
    yield _row(
        "notify_delivered",
        "Whether the last message reached a channel: 1 or 0; no series where there was none.",
        ["channel"],
        (((one.name,), float(one.error is None)) for one in extras.deliveries),
    )
    version = snapshot.fastdiag or NAMELESS
    yield _row("info", "Version of fastdiag that took the snapshot.", ["version"], [((version,), 1.0)])


def _moment(taken_at: str) -> float | None:
    """Return the moment in seconds since the epoch; None for a snapshot that was written by hand."""
    try:
        return datetime.fromisoformat(taken_at).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
