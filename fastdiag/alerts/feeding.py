"""Series of the user's own metrics that give signals the wanted values: what promtool feeds the rules with.

A signal for which none can be made up (an expression of several metrics, a native histogram) gets its
recorded value as it is: then only the alert is tested, not what records it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from fastdiag.alerts.conditions import recorded
from fastdiag.alerts.labels import NoSeriesError, labels_of, word_of
from fastdiag.alerts.look import Origin, Seen
from fastdiag.alerts.make import Made
from fastdiag.alerts.quantiles import landmarks
from fastdiag.metrics import plan
from fastdiag.metrics.matching import matches
from fastdiag.metrics.promql import quoted
from fastdiag.metrics.vector import BUCKET, COUNT, SUM
from fastdiag.model.signal import Catalogue, Formula, MetricKind, MetricSource

PER_SECOND: Final = 10.0
"""Requests of the made-up service: any window holds enough of them."""
_WHOLE: Final = 100.0
"""Of a share that is the quotient of two levels."""
_IDENTIFIER: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_:]*")
_EDGE: Final = 0.01
"""Half the width of the bucket in which made-up observations lie, of their value."""


@dataclass(frozen=True, slots=True)
class Grows:
    """A counter's increase per second."""

    per_second: float


@dataclass(frozen=True, slots=True)
class Stays:
    """A gauge's value."""

    value: float


Course = Grows | Stays


@dataclass(slots=True)
class Feed:
    """Series by their notation, each with its course."""

    series: dict[str, Course] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)

    def add(self, metric: str, labels: Mapping[str, str], course: Course) -> None:
        """Add a series. Raise NoSeriesError where it cannot be written, or is to go two ways at once."""
        if not all(map(_IDENTIFIER.fullmatch, (metric, *labels))):
            raise NoSeriesError
        own = ", ".join(f"{name}={quoted(value)}" for name, value in sorted(labels.items()))
        key = f"{metric}{{{own}}}"
        if self.series.get(key, course) != course:
            raise NoSeriesError
        self.series[key] = course


def feed(values: Mapping[str, float], made: Made, catalogue: Catalogue) -> Feed:
    """Return the series that give signals these values; what is given as recorded is named by ``given``."""
    seen = made.seen
    hard = frozenset(name for name in values if not _is_feasible(name, values[name], seen, catalogue))
    try:
        fed = _raw(values, seen, catalogue, hard)
    except NoSeriesError:  # two signals want different things of one series
        return _raw(values, seen, catalogue, frozenset(values))
    # What is given must not be recorded as well, from metrics that were made up for other signals.
    metrics = {series.partition("{")[0] for series in fed.series}
    texts = [record.promql for record in made.records if record.signal in hard]
    is_told_twice = any(metric in text for text in texts for metric in metrics)
    return _raw(values, seen, catalogue, frozenset(values)) if is_told_twice else fed


def _is_feasible(name: str, value: float, seen: Seen, catalogue: Catalogue) -> bool:
    try:
        _raw({name: value}, seen, catalogue, frozenset())
    except NoSeriesError:
        return False
    return True


def _raw(values: Mapping[str, float], seen: Seen, catalogue: Catalogue, given: frozenset[str]) -> Feed:
    made = Feed(given=sorted(given))
    for name in made.given:
        made.series[recorded(name, seen.service)] = Stays(values[name])
    terms = {
        term: amount
        for name, value in values.items()
        if name not in given
        for term, amount in _terms(name, value, seen, catalogue).items()
    }
    _Maker(seen=seen, made=made).all(terms)
    return made


def _terms(name: str, value: float, seen: Seen, catalogue: Catalogue) -> Mapping[str, float]:
    """Return the values of the signals of which a signal is a quotient, else its own."""
    if name in seen.origins:
        return {name: value}
    match catalogue.signals[name].formula:
        case Formula(operator="/", left=left, right=right):
            return {left: value * _WHOLE, right: _WHOLE}
        case _:
            raise NoSeriesError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes up series; what several signals take of one metric is made up together."""

    seen: Seen
    made: Feed

    def all(self, values: Mapping[str, float]) -> None:
        histograms: dict[str, list[tuple[Origin, MetricSource, float]]] = {}
        shares: dict[str, list[tuple[Origin, MetricSource, float]]] = {}
        for name, value in values.items():
            origin = self.seen.origins.get(name)
            source = origin.choice.source if origin else None
            if origin is None or not isinstance(source, MetricSource):
                raise NoSeriesError
            match source.kind:
                case MetricKind.HISTOGRAM:
                    histograms.setdefault(source.metric, []).append((origin, source, value))
                case MetricKind.COUNTER if plan.has_one_metric(source):
                    shares.setdefault(source.metric, []).append((origin, source, value))
                case MetricKind.COUNTER if source.per is not None:
                    self._quotient(origin, source, source.per, value)
                case MetricKind.COUNTER:
                    self._add(origin, source, Grows(value / source.scale))
                case MetricKind.GAUGE:
                    self._add(origin, source, Stays(value / source.scale))
        for same in shares.values():
            self._shares(same)
        for alike in histograms.values():
            self._histogram(alike, is_counted=f"{alike[0][1].metric}{COUNT}" in shares)

    def _add(self, origin: Origin, source: MetricSource, course: Course) -> None:
        self.made.add(source.metric, labels_of(origin, source, source.where), course)

    def _quotient(self, origin: Origin, source: MetricSource, per: str, value: float) -> None:
        self._add(origin, source, Grows(value / source.scale * PER_SECOND))
        self.made.add(per, labels_of(origin, source, source.per_where), Grows(PER_SECOND))

    def _shares(self, same: Sequence[tuple[Origin, MetricSource, float]]) -> None:
        """Make up the answers of each kind, and the others; all together are PER_SECOND."""
        left = PER_SECOND
        for origin, source, value in same:
            others = [one.where for _, one, _ in same if one is not source]
            labels = labels_of(origin, source, source.where, unlike=others)
            amount = value / source.scale * PER_SECOND
            left -= amount
            self.made.add(source.metric, labels, Grows(amount))
        if left < 0:
            raise NoSeriesError
        origin, source, _ = same[0]
        counted = [matcher for _, own, _ in same for matcher in own.where]
        plain = {one.label: word_of(one.label, [], counted) for one in source.where}
        requires = [one for _, own, _ in same for one in own.requires]
        if not matches(plain, requires):
            raise NoSeriesError
        self.made.add(source.metric, {**labels_of(origin, source, ()), **plain}, Grows(left))

    def _histogram(self, alike: Sequence[tuple[Origin, MetricSource, float]], *, is_counted: bool) -> None:
        """Make up observations that put each quantile where it is wanted."""
        origin, source, _ = alike[0]
        if source.metric in origin.choice.place.scope.native:
            raise NoSeriesError
        labels = labels_of(origin, source, source.where)
        groups = _observations([(one.quantile or 0.5, value / one.scale) for _, one, value in alike])
        for bound, upto in _cumulative(groups, origin.bounds).items():
            self.made.add(source.metric + BUCKET, {**labels, plan.LE: bound}, Grows(upto))
        total = sum(value * amount for value, amount in groups)
        self.made.add(source.metric + SUM, labels, Grows(total))
        if not is_counted:
            self.made.add(source.metric + COUNT, labels, Grows(PER_SECOND))


def _observations(wanted: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return values and how many observations a second have them, so that quantiles lie in their middle."""
    ordered = sorted(wanted)
    edges = [0.0, *((low[0] + high[0]) / 2 for low, high in pairwise(ordered)), 1.0]
    found = [(value, (edges[n + 1] - edges[n]) * PER_SECOND) for n, (_, value) in enumerate(ordered)]
    if any(low[0] > high[0] for low, high in pairwise(found)):
        raise NoSeriesError
    return found


def _cumulative(groups: Sequence[tuple[float, float]], bounds: Mapping[str, float]) -> dict[str, float]:
    """Return cumulative buckets: narrow ones about the values, and those of the metric that are asked for."""
    marks = landmarks(bounds) if bounds else ()
    top = marks[-1] if marks else math.inf
    edges = {value * factor for value, _ in groups for factor in (1 - _EDGE, 1 + _EDGE)}
    found = {f"{edge:.9g}": edge for edge in edges if 0 < edge < top and edge not in marks}
    found |= {next(text for text, bound in bounds.items() if bound == mark): mark for mark in marks}
    found["+Inf"] = math.inf
    ordered = sorted(found.items(), key=lambda item: item[1])
    return {text: sum(amount for value, amount in groups if value <= edge) for text, edge in ordered}
