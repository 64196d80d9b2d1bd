"""How key signals went over hours: the sources and the arithmetic of now, at up to 120 moments.

Service-wide only: the server adds up instances and routes, so that the answers have the same size for a
fleet of thousands as for one worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.beside import look_around
from fastdiag.collectors.prometheus.choice import Choice, Places
from fastdiag.collectors.prometheus.connected import connected
from fastdiag.collectors.prometheus.doubts import MIXED_WORKERS, now_of
from fastdiag.collectors.prometheus.find import HTTP_FAMILY, Finder
from fastdiag.collectors.prometheus.moments import Grid, Recipe, quotient, recipe_of, values
from fastdiag.collectors.prometheus.pace import MIN_SCRAPES, USUAL_INTERVAL_S, measure
from fastdiag.collectors.prometheus.scraped import scrape_queries, thin_moments
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.plan import marker
from fastdiag.metrics.promql import series_of
from fastdiag.model.course import Course, Told
from fastdiag.model.signal import Catalogue, MetricKind, MetricSource, Missing, Reason, Signal
from fastdiag.model.target import Target

MAX_POINTS: Final = 120
"""As many show every turn of some hours on a page, and keep an answer below 100 kB."""
MAX_SAMPLES: Final = 30_000_000
"""Samples of buckets that a server reads in a few seconds; a quantile over more is not asked for."""
PACE_WINDOW_S: Final = 300.0
"""How much of the past tells how often the service is scraped."""
QUOTIENT: Final = "/"
"""The operator of the formulas that are told at many moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A course for each signal of which the server remembers something, and why the others have none."""

    courses: tuple[Course, ...]
    missing: Mapping[str, Missing]
    requests: int
    notes: tuple[str, ...] = ()


def remember(
    target: Target, catalogue: Catalogue, signals: Sequence[str], over_s: float, until: float
) -> Remembered:
    """Return how these signals went over the last ``over_s`` seconds; ``until`` is a monotonic time.

    Raises:
        SourceFailed: no server is known, it does not answer, or it does not know the service.

    """
    with connected(target, until) as server:
        visit, notes = _visit(server, target, _about(catalogue, signals), over_s, until)
        told = dict(visit.courses([name for name in signals if name in catalogue.signals]))
    return Remembered(
        courses=tuple(one for one in told.values() if isinstance(one, Course)),
        missing={name: one for name, one in told.items() if isinstance(one, Missing)},
        requests=server.asked,
        notes=notes,
    )


def grid(now: float, over_s: float, interval_s: float) -> Grid:
    """Return at most ``MAX_POINTS`` moments, no closer than scrapes are.

    A counter is looked at over the time since the moment before, and over several scrapes at least: its
    increase takes two samples.
    """
    step = max(math.ceil(over_s / (MAX_POINTS - 1)), math.ceil(interval_s), 1)
    end = math.floor(now)
    start = end - math.floor(over_s / step) * step
    return Grid(start=start, end=end, step_s=step, window_s=max(step, math.ceil(MIN_SCRAPES * interval_s)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """Where the service was found, and at which moments its past is looked at."""

    server: PrometheusServer
    catalogue: Catalogue
    places: Places
    selector: str
    grid: Grid
    interval_s: float
    until: float

    def courses(self, signals: Sequence[str]) -> Iterator[tuple[str, Course | Missing]]:
        """Ask for all signals at once, and yield what came of each."""
        recipes = {name: self._recipe(name) for name in signals}
        known = [one for one in recipes.values() if isinstance(one, Recipe)]
        edges = scrape_queries(self.selector, self.grid, self.interval_s)
        queries = (*edges, *(query for one in known for query in one.queries))
        found = run_all([self._call(query) for query in queries], self.until)
        scrapes = [one.series for one in found[: len(edges)] if isinstance(one, Answer)]
        thin, answers = thin_moments(scrapes, self.grid), iter(found[len(edges) :])
        for name, recipe in recipes.items():
            if isinstance(recipe, Missing):
                yield name, recipe
            else:
                yield name, self._course(name, recipe, [next(answers) for _ in recipe.queries], thin)

    def _call(self, query: str) -> Callable[[], Answer]:
        start, end, step_s = self.grid.start, self.grid.end, self.grid.step_s
        return partial(self.server.ask_range, query, start, end, step_s)

    def _course(
        self, name: str, recipe: Recipe, answers: Sequence[Answer | SourceFailed], thin: frozenset[int]
    ) -> Course | Missing:
        series = []
        for answer in answers:
            if isinstance(answer, SourceFailed):
                return Missing(answer.reason, answer.detail)
            series.append(answer.series)
        found = values(recipe, series, self.grid, thin)
        if all(value is None for value in found):
            return Missing(Reason.ABSENT, "Prometheus has no value of it in this time")
        signal = self.catalogue.signals[name]
        return Course(
            signal=name,
            title=signal.title,
            unit=signal.unit,
            points=tuple((float(at), value) for at, value in zip(self.grid.moments, found, strict=True)),
            told=Told.PROMETHEUS,
        )

    def _recipe(self, name: str) -> Recipe | Missing:
        signal = self.catalogue.signals[name]
        chosen = self._choice(name)
        if isinstance(chosen, Choice):
            return self._too_much(chosen) or recipe_of(chosen, self.grid)
        if signal.formula is None or signal.formula.operator != QUOTIENT:
            return chosen
        left, right = self._choice(signal.formula.left), self._choice(signal.formula.right)
        if isinstance(left, Missing):
            return left
        return right if isinstance(right, Missing) else quotient(left, right, self.grid)

    def _choice(self, name: str) -> Choice | Missing:
        chosen = self.places.choose(self.catalogue.signals[name])
        return chosen or Missing(Reason.ABSENT, "Prometheus has no metric of it")

    def _too_much(self, chosen: Choice) -> Missing | None:
        """Say that the buckets of a histogram are too many to be looked back at, if they are."""
        source = chosen.source
        if not isinstance(source, MetricSource) or source.kind is not MetricKind.HISTOGRAM:
            return None
        query = f"count({series_of(marker(source), chosen.place.scope)})"
        (answer,) = run_all([partial(self.server.ask, query, self.grid.end)], self.until)
        if isinstance(answer, SourceFailed):
            return Missing(answer.reason, answer.detail)
        scrapes = (self.grid.end - self.grid.start) / self.interval_s
        samples = scrapes * sum(row.value for row in answer.series)
        if samples <= MAX_SAMPLES:
            return None
        detail = f"its buckets hold {samples / 1e6:.0f} million samples of this time: too many to be read"
        return Missing(Reason.FAILED, detail)


def _visit(
    server: PrometheusServer, target: Target, catalogue: Catalogue, over_s: float, until: float
) -> tuple[_Visit, tuple[str, ...]]:
    """Find the service as a snapshot does, and say what is wrong with the way it is scraped."""
    now = now_of(server)[0] if target.at is None else target.at
    finder = Finder(target=target, server=server, catalogue=catalogue, now=now, until=until)
    service, place = finder.find()
    pace = measure(server, service.selector, now, PACE_WINDOW_S, until)
    interval_s = pace.interval_s or USUAL_INTERVAL_S
    places = look_around(server, place, tuple(catalogue.signals.values()), now, until)
    visit = _Visit(
        server=server,
        catalogue=catalogue,
        places=places,
        selector=service.selector,
        # VictoriaMetrics takes new series to have begun at zero by itself.
        grid=replace(grid(now, over_s, interval_s), births=not server.is_victoria_metrics),
        interval_s=interval_s,
        until=until,
    )
    return visit, (MIXED_WORKERS,) if pace.mixed else ()


def _about(catalogue: Catalogue, signals: Sequence[str]) -> Catalogue:
    """Return these signals with the terms of their formulas, and those by which a service is found."""
    known = catalogue.signals
    named = [known[name] for name in signals if name in known]
    terms = [term for signal in named for term in _terms(signal)]
    found = [name for name in known if name.startswith(HTTP_FAMILY)]
    return Catalogue({name: known[name] for name in (*signals, *terms, *found) if name in known})


def _terms(signal: Signal) -> tuple[str, ...]:
    return (signal.formula.left, signal.formula.right) if signal.formula else ()
