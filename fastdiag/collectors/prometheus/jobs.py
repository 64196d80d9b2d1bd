"""Which of the services that a Prometheus knows is the one in question, and which metrics it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.errors import nearest
from fastdiag.metrics.promql import quoted
from fastdiag.model.signal import Reason

NAME: Final = "__name__"
IDENTITY: Final = ("job", "exported_job", "service_name", "service", "app")
"""Labels by which people know a service. Exporters of OpenTelemetry put it into job, a collector's
scrape into exported_job, promoted resource attributes into service_name, Kubernetes into the others."""
FOREIGN_MARKS: Final = frozenset({"go_goroutines", "go_info", "prometheus_build_info"})
PYTHON_MARKS: Final = frozenset({"python_info"})
"""The same metric names serve many languages: a job that looks like Go, such as Prometheus itself and
nearly all exporters, is not the service, unless Python shows as well."""
MAX_NAMED: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The chosen service: matchers that pick its series; ``doubt`` is what the user should know about it."""

    selector: str
    doubt: str | None = None


Rows = Sequence[Mapping[str, str]]
"""A metric's name and the labels of IDENTITY, for each combination that exists."""


def choose(rows: Rows, service: str | None, http_metrics: frozenset[str]) -> Service:
    """Choose by name if one is given and known, else the only service that counts requests.

    Raise SourceFailed when there is none, or more than one.
    """
    named = _named(rows, service) if service else None
    if named:
        return named
    candidates = _candidates(rows, http_metrics)
    match sorted(candidates):
        case []:
            raise _none(rows, service)
        case [only]:
            doubt = (
                f"no service is called {service!r}: used the only one there, {only!r}" if service else None
            )
            return Service(selector=f"{candidates[only]}={quoted(only)}", doubt=doubt)
        case several:
            raise _several(several, service)


def _named(rows: Rows, service: str) -> Service | None:
    for label in IDENTITY:
        values = {row.get(label, "") for row in rows}
        for value in sorted(values):
            # OpenTelemetry joins namespace and name: shop/shop-api.
            if service == value or value.endswith(f"/{service}"):
                chosen = [row for row in rows if row.get(label) == value]
                return _whole_job(rows, chosen, label, value)
    return None


def _whole_job(rows: Rows, chosen: Rows, label: str, value: str) -> Service:
    """Select by job where the label tells nothing more: only some of a job's metrics may carry it."""
    jobs = {row.get("job", "") for row in chosen}
    if len(jobs) == 1 and "" not in jobs:
        (job,) = jobs
        everything = [row for row in rows if row.get("job") == job]
        if all(row.get(label, "") in {value, ""} for row in everything):
            return Service(selector=f"job={quoted(job)}")
    return Service(selector=f"{label}={quoted(value)}")


def _candidates(rows: Rows, http_metrics: frozenset[str]) -> dict[str, str]:
    """Return the names of services that count requests, each with the label that holds it."""
    found = {}
    for row in rows:
        label = "exported_job" if row.get("exported_job") else "job"
        if row.get(NAME) in http_metrics and row.get(label):
            found[row[label]] = label
    return {name: label for name, label in found.items() if not _is_foreign(rows, label, name)}


def _is_foreign(rows: Rows, label: str, name: str) -> bool:
    metrics = _metrics(row for row in rows if row.get(label) == name)
    return bool(metrics & FOREIGN_MARKS) and not metrics & PYTHON_MARKS


def _metrics(rows: Iterable[Mapping[str, str]]) -> frozenset[str]:
    return frozenset(row[NAME] for row in rows if NAME in row)


def _none(rows: Rows, service: str | None) -> SourceFailed:
    known = sorted({row[label] for row in rows for label in IDENTITY if row.get(label)})
    close = nearest(service, known) if service else None
    return SourceFailed(
        Reason.ABSENT,
        "no service on this Prometheus counts its requests with a library that fastdiag knows",
        hint=close or "prometheus-fastapi-instrumentator exposes such metrics; does Prometheus scrape them?",
    )


def _several(names: Sequence[str], service: str | None) -> SourceFailed:
    shown = ", ".join(names[:MAX_NAMED]) + (", ..." if len(names) > MAX_NAMED else "")
    detail = f"several services count requests: {shown}"
    if service:
        detail = f"no service is called {service!r}; there are {shown}"
    close = nearest(service, names) if service else None
    return SourceFailed(Reason.NOT_CONFIGURED, detail, hint=close or f"--service NAME, such as {names[0]}")
