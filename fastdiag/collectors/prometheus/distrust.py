"""Everything by which the metrics of one visit mislead, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.prometheus.census import Census
from fastdiag.collectors.prometheus.choice import Choice, Place, marker_of
from fastdiag.collectors.prometheus.doubts import Ours, of_samples, of_scrapes, of_workers
from fastdiag.collectors.prometheus.find import OF_THE_SCRAPER
from fastdiag.collectors.prometheus.pace import Pace
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sample_doubts import of_routes
from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import MetricSource, Signal
from fastdiag.model.target import Target

COUNTS: Final = ("http.rps", "service.cpu")
"""Signals from whose counter the samples' age and the resets are told: the first that the service has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """Who was visited and when: what the doubts about it take."""

    server: PrometheusServer
    target: Target
    place: Place
    pace: Pace
    now: float

    def doubts(self, choices: Mapping[Signal, Choice], census: Census, until: float) -> Iterator[Doubt]:
        """Yield by what the service's own metrics mislead. Nothing is raised: what is not told is none."""
        own = {
            signal.id: choice.source
            for signal, choice in choices.items()
            if choice.place is self.place and marker_of(choice.source) not in OF_THE_SCRAPER
        }
        ours = Ours(signals=tuple(sorted(own)))
        yield from of_workers(ours, self.pace, self.place, self.target.local)
        yield from of_scrapes(ours, self.pace, self.now)
        counter = next((marker_of(own[name]) for name in COUNTS if name in own), None)
        if counter:
            scope = self.place.scope
            yield from of_samples(self.server, ours, self.pace, scope, counter, self.now, until)
        yield from of_routes(census.values, _labelled(choices))


def _labelled(choices: Mapping[Signal, Choice]) -> dict[str, list[str]]:
    """Return the signals that are told by each label."""
    named: dict[str, list[str]] = {}
    for signal, choice in choices.items():
        if isinstance(choice.source, MetricSource) and choice.source.by:
            named.setdefault(choice.source.by, []).append(signal.id)
    return named
