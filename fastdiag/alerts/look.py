"""Which metrics of the user's Prometheus tell which signals: found as a snapshot finds them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.beside import look_around
from fastdiag.collectors.prometheus.choice import Choice
from fastdiag.collectors.prometheus.connected import address_of, connected
from fastdiag.collectors.prometheus.doubts import MIXED_WORKERS, now_of
from fastdiag.collectors.prometheus.find import Finder
from fastdiag.collectors.prometheus.pace import MIN_SCRAPES, USUAL_INTERVAL_S, measure
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.plan import LE, marker
from fastdiag.metrics.promql import Scope, few_only, series_of
from fastdiag.model.signal import Catalogue, MetricKind, MetricSource, Missing, Reason
from fastdiag.model.target import Target

MAX_BOUNDS: Final = 200
"""Bucket bounds of one histogram; where it has more, the highest is not looked for."""
_NAMED: Final = re.compile(r'(?:^|[\s,])(?:job|exported_job|service_name|service|app)="(?P<name>[^"\\]+)"')
_UNNAMED: Final = "service"
NO_METRIC: Final = "no metric on this Prometheus shows it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a signal is taken from; ``bounds`` are a histogram's finite ones, as labels spell them."""

    choice: Choice
    bounds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a Prometheus server knows of the service.

    service   the name that alerts give it
    selector  the matchers of its series
    url       the server, without credentials
    interval_s  time between two scrapes
    window_s  over which counters are looked at: several scrapes at least
    """

    service: str
    selector: str
    url: str
    origins: Mapping[str, Origin]
    missing: Mapping[str, Missing]
    interval_s: int
    window_s: int
    births: bool
    notes: tuple[str, ...] = ()


def look(target: Target, catalogue: Catalogue, signals: Iterable[str], until: float) -> Seen:
    """Ask the server which of these signals its metrics tell; ``until`` is a monotonic time.

    Raises:
        SourceFailed: no server is known, it does not answer, or it does not know the service.

    """
    with connected(target, until) as server:
        return _look(server, target, catalogue, tuple(signals), address_of(target).url, until)


def _look(  # noqa: PLR0913 - whom, of what, for what, until when
    server: PrometheusServer,
    target: Target,
    catalogue: Catalogue,
    signals: Sequence[str],
    url: str,
    until: float,
) -> Seen:
    now = now_of(server)[0] if target.at is None else target.at
    finder = Finder(target=target, server=server, catalogue=catalogue, now=now, until=until)
    service, place = finder.find()
    pace = measure(server, service.selector, now, target.window_s, until)
    places = look_around(server, place, catalogue.of("prometheus"), now, until)
    known = [catalogue.signals[name] for name in signals if name in catalogue.signals]
    chosen = {signal.id: places.choose(signal) for signal in known}
    choices = {name: one for name, one in chosen.items() if isinstance(one, Choice)}
    interval_s = math.ceil(pace.interval_s or USUAL_INTERVAL_S)
    notes = (service.doubt, MIXED_WORKERS if pace.mixed else None)
    return Seen(
        service=_name(target.service, service.selector),
        selector=service.selector,
        url=url,
        origins=_origins(server, choices, now, until),
        missing={name: _why(one) for name, one in chosen.items() if not isinstance(one, Choice)},
        interval_s=interval_s,
        window_s=math.ceil(max(target.window_s, MIN_SCRAPES * interval_s)),
        births=not server.is_victoria_metrics,
        notes=tuple(note for note in notes if note),
    )


def _why(found: Missing | None) -> Missing:
    return found or Missing(Reason.ABSENT, NO_METRIC)


def _name(given: str | None, selector: str) -> str:
    named = _NAMED.search(selector)
    return given or (named["name"] if named else _UNNAMED)


def _origins(
    server: PrometheusServer, choices: Mapping[str, Choice], now: float, until: float
) -> dict[str, Origin]:
    """Learn the bounds of each histogram once, whatever number of quantiles is taken of it."""
    asked = {key: one for one in choices.values() if (key := _buckets(one)) is not None}
    calls: list[Callable[[], Answer]] = [partial(server.ask, query, now) for query in asked]
    bounds = {
        query: {} if isinstance(answer, SourceFailed) else _finite(answer)
        for query, answer in zip(asked, run_all(calls, until), strict=True)
    }
    return {
        name: Origin(choice=one, bounds=bounds.get(_buckets(one) or "", {})) for name, one in choices.items()
    }


def _buckets(choice: Choice) -> str | None:
    """Return the query for the bucket bounds of a choice; None of what has no buckets of its own series."""
    source, scope = choice.source, choice.place.scope
    if not isinstance(source, MetricSource) or source.kind is not MetricKind.HISTOGRAM:
        return None
    if source.metric in scope.native:
        return None
    return few_only(f"group by ({LE}) ({_series(source, scope)})", MAX_BOUNDS)


def _series(source: MetricSource, scope: Scope) -> str:
    return series_of(marker(source), replace(scope, native=frozenset()))


def _finite(answer: Answer) -> dict[str, float]:
    found = {}
    for row in answer.series:
        text = row.labels.get(LE, "")
        try:
            bound = float(text)
        except ValueError:
            continue
        if math.isfinite(bound):
            found[text] = bound
    return found
