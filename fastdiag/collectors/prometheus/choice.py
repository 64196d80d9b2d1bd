"""Which source of each signal applies, and whose series it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.prometheus.names import Wanted
from fastdiag.metrics.plan import marker
from fastdiag.metrics.promql import Scope
from fastdiag.metrics.vector import COUNT, SUM
from fastdiag.model.signal import Beside, MetricKind, MetricSource, Missing, PromqlSource, Signal

ServerSource = MetricSource | PromqlSource
_SELECTED: Final = re.compile(r"(?P<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A program on the server: its series, the metrics it has, and what speaks against its being ours."""

    scope: Scope
    names: frozenset[str]
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The source that a signal is taken from."""

    source: ServerSource
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The service, and the programs beside it; of those that stand alone, a place for each metric."""

    service: Place
    beside: Mapping[Beside, Place] = field(default_factory=dict)
    alone: Mapping[str, Place | Missing] = field(default_factory=dict)

    def choose(self, signal: Signal) -> Choice | Missing | None:
        """Return the first source that the service itself has, else the first that a neighbour has.

        Missing says why a neighbour's metric cannot be used; None that nothing has any.
        """
        sources = [source for source in signal.sources if isinstance(source, ServerSource)]
        for source in sources:
            if _is_had(source, self.service.names):
                return Choice(source=source, place=self.service)
        found = [self._beside(source) for source in sources]
        chosen = next((one for one in found if isinstance(one, Choice)), None)
        return chosen or next((one for one in found if one), None)

    def _beside(self, source: ServerSource) -> Choice | Missing | None:
        match source.beside:
            case None:
                return None
            case Beside.ALONE:
                place = self.alone.get(marker_of(source) or "")
                return Choice(source=source, place=place) if isinstance(place, Place) else place
            case _:
                beside = self.beside.get(source.beside)
                had = beside is not None and _is_had(source, beside.names)
                return Choice(source=source, place=beside) if beside and had else None


def wanted(signals: Iterable[Signal], beside: Beside | None = None) -> Wanted:
    """Return the names that tell whether sources apply: all of them, or those of one kind of neighbour."""
    plain: set[str] = set()
    histograms: set[str] = set()
    for signal in signals:
        for source in signal.sources:
            if not isinstance(source, ServerSource) or (beside and source.beside is not beside):
                continue
            if isinstance(source, MetricSource) and source.kind is MetricKind.HISTOGRAM:
                histograms.add(source.metric)
            elif name := marker_of(source):
                plain.add(name)
                histograms |= {name.removesuffix(end) for end in (COUNT, SUM) if name.endswith(end)}
    return Wanted(plain=frozenset(plain), histograms=frozenset(histograms))


def _is_had(source: ServerSource, names: frozenset[str]) -> bool:
    name = marker_of(source)
    return name is None or name in names


def marker_of(source: ServerSource) -> str | None:
    """Return the metric that has to exist; an expression that reads none is taken at its word."""
    if isinstance(source, MetricSource):
        return marker(source)
    first = _SELECTED.search(source.promql)
    return source.metric or (first["metric"] if first else None)
