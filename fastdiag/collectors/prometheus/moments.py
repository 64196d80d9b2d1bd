"""A signal at many moments: what to ask for, and what the rows of each moment say.

What is computed is what a reading holds (``metrics.look``), from the same requests (``metrics.plan``); only
the labels of the parts are left out, so that the server adds up routes and instances.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fastdiag.collectors.prometheus.choice import Choice
from fastdiag.collectors.prometheus.server import Series
from fastdiag.metrics import plan
from fastdiag.metrics.look import look
from fastdiag.metrics.matching import pick
from fastdiag.metrics.promql import Frame, Scope, promql
from fastdiag.metrics.vector import Sampling, Vector, VectorRequest, Window
from fastdiag.model.signal import Labels, MetricKind, MetricSource, Missing, PromqlSource

Rows = Sequence[tuple[Mapping[str, str], float]]
"""Labels and value of each row of an answer, at one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Moments in seconds since the epoch, and the window over which counters are looked at before each.

    births  whether an increase has to be told what series counted before their first sample
    """

    start: int
    end: int
    step_s: int
    window_s: int
    births: bool = True

    @property
    def moments(self) -> range:
        """The moments, the earliest first."""
        return range(self.start, self.end + 1, self.step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The queries that a signal takes, and what makes a value of their rows; None where they tell none.

    counts  whether it is about what was counted over a window: of half a window, it would be half as much
    """

    queries: tuple[str, ...]
    value: Callable[[Sequence[Rows]], float | None]
    counts: bool = False


def recipe_of(choice: Choice, grid: Grid) -> Recipe:
    """Return how a source tells its signal service-wide."""
    match choice.source:
        case MetricSource():
            return _of_metric(choice.source, choice.place.scope, grid)
        case PromqlSource():
            own = _own(choice.source, choice.place.scope, grid)
            whole = own if choice.source.by is None else f"{choice.source.combine} ({own})"
            return Recipe(queries=(whole,), value=_only)


def quotient(left: Choice, right: Choice, grid: Grid) -> Recipe:
    """Return how the quotient of two signals is told: of levels in the part where it is highest.

    One worker whose pool is empty keeps requests waiting, however free the pools of the others are.
    """
    return _worst_share(left, right, grid) or _share(recipe_of(left, grid), recipe_of(right, grid))


def _share(left: Recipe, right: Recipe) -> Recipe:
    """Return the quotient of two signals service-wide."""
    split = len(left.queries)

    def value(rows: Sequence[Rows]) -> float | None:
        above, below = left.value(rows[:split]), right.value(rows[split:])
        return above / below if above is not None and below else None

    counts = left.counts or right.counts
    return Recipe(queries=(*left.queries, *right.queries), value=value, counts=counts)


def _worst_share(left: Choice, right: Choice, grid: Grid) -> Recipe | None:
    """Return the quotient in its worst part; None where both share no label, or are no levels."""
    shared = tuple(sorted(_parts(left) & _parts(right)))
    sides = [_level(one, shared, grid) for one in (left, right)] if shared else [None]
    if None in sides:
        return None
    return Recipe(queries=(f"max (({sides[0]}) / ({sides[1]}))",), value=_only)


def values(
    recipe: Recipe, answers: Sequence[Iterable[Series]], grid: Grid, thin: Collection[int] = ()
) -> tuple[float | None, ...]:
    """Return the value at each moment from the answers to the recipe's queries.

    At ``thin`` moments the window was not scraped throughout: what is counted over it is not known.
    """
    rows_of = [by_moment(series) for series in answers]
    told = []
    for at in grid.moments:
        is_known = not (recipe.counts and at in thin)
        value = recipe.value([rows.get(at, ()) for rows in rows_of]) if is_known else None
        told.append(value if value is not None and math.isfinite(value) else None)
    return tuple(told)


def by_moment(series: Iterable[Series]) -> dict[int, list[tuple[Mapping[str, str], float]]]:
    """Return the rows of an answer by their moments."""
    found: dict[int, list[tuple[Mapping[str, str], float]]] = {}
    for one in series:
        for at, value in one.samples:
            if not math.isnan(value):  # a sample that says nothing
                found.setdefault(round(at), []).append((one.labels, value))
    return found


def _only(rows: Sequence[Rows]) -> float | None:
    """Return the value of the only row; several answer a question that was for one."""
    (found,) = rows
    return found[0][1] if len(found) == 1 else None


def _of_metric(source: MetricSource, scope: Scope, grid: Grid) -> Recipe:
    requests = plan.plan(source).essential
    # What fails for the first time has no series before: without births, no first failure would show.
    births = grid.births and source.kind is MetricKind.COUNTER and source.per is not None
    frame = Frame(window_s=grid.window_s, step_s=grid.step_s, births=births)
    queries = tuple(promql(_whole(request, source), scope, frame) for request in requests)

    def value(rows: Sequence[Rows]) -> float | None:
        answers = {request: _vector(own, request) for request, own in zip(requests, rows, strict=True)}
        seen = look(source, Window(answers=answers, seconds=grid.window_s))
        return None if isinstance(seen, Missing) else seen.value

    return Recipe(queries=queries, value=value, counts=source.kind is not MetricKind.GAUGE)


def _whole(request: VectorRequest, source: MetricSource) -> VectorRequest:
    """Leave the labels of parts out, but for those by which it is told which series count."""
    deciding: set[str] = set()
    if request.sampling is Sampling.INCREASE:
        blind = source.blind.where if source.blind else ()
        deciding = {matcher.label for matcher in (*source.where, *source.requires, *blind)}
    aside = set(plan.parts(source)) - deciding
    return replace(request, by=tuple(label for label in request.by if label not in aside), parts=())


def _vector(rows: Rows, request: VectorRequest) -> Vector:
    """Add up the rows whose labels are equal as far as they were asked for."""
    vector: dict[Labels, float] = {}
    for labels, value in rows:
        own = pick(labels, request.by)
        vector[own] = vector.get(own, 0.0) + value
    return vector


def _parts(choice: Choice) -> frozenset[str]:
    match choice.source:
        case MetricSource():
            return frozenset(plan.parts(choice.source))
        case PromqlSource():
            return frozenset((choice.source.by,) if choice.source.by else ())


def _level(choice: Choice, by: tuple[str, ...], grid: Grid) -> str | None:
    """Return the expression for a level by these labels; None for what is no level."""
    match choice.source:
        case MetricSource(kind=MetricKind.GAUGE):
            source = choice.source
            request = replace(plan.latest(source), by=by, parts=())
            expression = promql(request, choice.place.scope, Frame(window_s=grid.window_s, step_s=1))
            return expression if source.scale == 1 else f"{expression} * {source.scale!r}"
        case MetricSource():
            return None
        case PromqlSource():
            own = _own(choice.source, choice.place.scope, grid)
            return f"{choice.source.combine} by ({', '.join(by)}) ({own})"


def _own(source: PromqlSource, scope: Scope, grid: Grid) -> str:
    return source.promql.replace("$selector", scope.selector).replace("$window", f"{grid.window_s}s")
