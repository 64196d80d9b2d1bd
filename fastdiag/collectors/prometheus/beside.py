"""Programs that know something about the service and stand beside it: exporters and agents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.choice import Place, Places, wanted
from fastdiag.collectors.prometheus.names import NAME, Names, Wanted, detect
from fastdiag.collectors.prometheus.server import PrometheusServer, Series
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.promql import Scope, few_only, one_of, quoted
from fastdiag.model.signal import Beside, Missing, Reason, Signal

MAX_PLACES: Final = 50
"""More pods or hosts than these do not fit into the address of a query."""
MAX_TARGETS: Final = 2 * MAX_PLACES
"""Of more targets than these, several to a host, not even the names are fetched."""
MAX_NAMED: Final = 3
_ALONE_LABELS: Final = ("job", "instance")


def look_around(
    server: PrometheusServer, service: Place, signals: Sequence[Signal], at: float, until: float
) -> Places:
    """Return the service with what stands beside it and has signals that the service itself has not.

    Nothing is raised: a neighbour that cannot be looked for is as good as none.
    """
    alone = Places(service=service)
    lacking = [signal for signal in signals if alone.choose(signal) is None]
    selectors = _selectors(_targets(server, service.scope.selector, at, until))
    jobs = {kind: wanted(lacking, kind) for kind in Beside}
    kinds = [kind for kind, names in jobs.items() if names != Wanted() and kind in selectors]
    calls = [_search(server, jobs[kind], kind, selectors[kind], at, until) for kind in kinds]
    found = {
        kind: rows
        for kind, rows in zip(kinds, run_all(calls, until), strict=True)
        if not isinstance(rows, SourceFailed)
    }
    escapes = service.scope.escapes
    return Places(
        service=service,
        beside={
            kind: _place(rows, jobs[kind], selectors[kind], escapes=escapes)
            for kind, rows in found.items()
            if kind is not Beside.ALONE
        },
        alone=_alone(found.get(Beside.ALONE, ()), jobs[Beside.ALONE], escapes=escapes),
    )


def _search(  # noqa: PLR0913 - where, what and when
    server: PrometheusServer, names: Wanted, kind: Beside, selector: str, at: float, until: float
) -> Callable[[], list[Series]]:
    """Return what looks for names; of what has to stand alone, it is enough to see that it does not."""
    if kind is Beside.ALONE:
        return partial(detect, server, names, _ALONE_LABELS, selector, at, until, most=MAX_NAMED + 1)
    return partial(detect, server, names, (), selector, at, until)


def _targets(
    server: PrometheusServer, selector: str, at: float, until: float
) -> tuple[Mapping[str, str], ...]:
    query = few_only(f"group by (namespace, pod, instance) (up{{{selector}}})", MAX_TARGETS)
    (answer,) = run_all([partial(server.ask, query, at)], until)
    return () if isinstance(answer, SourceFailed) else tuple(series.labels for series in answer.series)


def _selectors(targets: Iterable[Mapping[str, str]]) -> dict[Beside, str]:
    """Return the matchers for what stands in the same pods and on the same hosts."""
    rows = list(targets)
    selectors = {Beside.ALONE: ""}
    pods = {row["pod"] for row in rows if row.get("pod")}
    spaces = {row["namespace"] for row in rows if row.get("namespace")}
    if pods and spaces and len(pods) <= MAX_PLACES:
        selectors[Beside.POD] = f"namespace=~{one_of(spaces)}, pod=~{one_of(pods)}"
    hosts = {row["instance"].rpartition(":")[0] or row["instance"] for row in rows if row.get("instance")}
    if hosts and len(hosts) <= MAX_PLACES:
        pattern = "|".join(sorted(re.escape(host) for host in hosts))
        selectors[Beside.HOST] = f"instance=~{quoted(f'({pattern})(:[0-9]+)?')}"
    return selectors


def _place(rows: Iterable[Series], names: Wanted, selector: str, *, escapes: bool) -> Place:
    found = Names.of((row.labels.get(NAME, "") for row in rows), names)
    scope = Scope(selector=selector, native=found.native, escapes=escapes)
    return Place(scope=scope, names=found.existing)


def _alone(rows: Iterable[Series], names: Wanted, *, escapes: bool) -> dict[str, Place | Missing]:
    """Return for each metric the only instance that has it; with several there is no telling whose it is."""
    instances: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        place = (row.labels.get("job", ""), row.labels.get("instance", ""))
        instances.setdefault(row.labels.get(NAME, ""), set()).add(place)
    places: dict[str, Place | Missing] = {}
    for metric, where in instances.items():
        found = Names.of((metric,), names)
        places |= dict.fromkeys(found.existing, _only(metric, sorted(where), found, escapes=escapes))
    return places


def _only(metric: str, where: Sequence[tuple[str, str]], found: Names, *, escapes: bool) -> Place | Missing:
    if len(where) > 1:
        shown = ", ".join(f"{job} {instance}" for job, instance in where[:MAX_NAMED])
        more = " and others" if len(where) > MAX_NAMED else ""
        detail = f"{metric} is of several: {shown}{more}; --selector can pick the service's as well"
        return Missing(Reason.NOT_CONFIGURED, detail)
    ((job, instance),) = where
    selector = f"job={quoted(job)}, instance={quoted(instance)}"
    return Place(
        scope=Scope(selector=selector, native=found.native, escapes=escapes),
        names=found.existing,
        doubt=f"of {job} {instance}, taken for the service's as there is no other",
    )
