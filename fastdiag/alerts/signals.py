"""A signal's service-wide value as PromQL: what a snapshot computes of the same rows, computed by the server.

The requests are those of a snapshot (``metrics.plan``), without the labels of parts. A value that rests on
fewer than 20 requests is none here: an alert is no place for doubts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import indent
from typing import Final

from fastdiag.alerts.look import Origin, Seen
from fastdiag.alerts.quantiles import quantile
from fastdiag.collectors.prometheus.choice import Choice
from fastdiag.collectors.prometheus.moments import Grid, quotient
from fastdiag.metrics import plan
from fastdiag.metrics.matching import minds_absence
from fastdiag.metrics.promql import Frame, Scope, promql, series_of
from fastdiag.metrics.sight import MIN_OBSERVATIONS
from fastdiag.metrics.vector import VectorRequest
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import (
    Catalogue,
    Combine,
    Formula,
    Matcher,
    MetricKind,
    MetricSource,
    Missing,
    PromqlSource,
    Reason,
)

QUOTIENT: Final = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the signals of a catalogue for a server that knows the service."""

    seen: Seen
    catalogue: Catalogue

    def expression(self, name: str) -> str | Missing:
        """Return the PromQL of a signal, or why there is none."""
        signal = self.catalogue.signals.get(name)
        if signal is None:
            return Missing(Reason.ABSENT, "no such signal")
        origin = self.seen.origins.get(name)
        if origin is not None:
            return self._of(origin, signal.unit)
        return self._formula(signal.formula) if signal.formula else self.seen.missing[name]

    def _formula(self, formula: Formula) -> str | Missing:
        """Apply a formula as a snapshot does: of levels told by parts, the worst part counts."""
        sides = []
        for name in (formula.left, formula.right):
            side = self.expression(name)
            if isinstance(side, Missing):
                return side
            sides.append(side)
        left, right = (self.seen.origins.get(name) for name in (formula.left, formula.right))
        if formula.operator == QUOTIENT and left and right:
            window_s = self.seen.window_s
            grid = Grid(start=0, end=0, step_s=1, window_s=window_s)
            queries = quotient(left.choice, right.choice, grid).queries
            if len(queries) == 1:  # of the worst part; where the two sides share no parts, each is asked for
                return f"{queries[0]} < +Inf"
        joined = f"{_enclosed(sides[0])}\n{formula.operator} {_enclosed(sides[1])}"
        return f"{_enclosed(joined)} < +Inf" if formula.operator == QUOTIENT else joined

    def _of(self, origin: Origin, unit: Unit) -> str | Missing:
        match origin.choice.source:
            case MetricSource() as source:
                return self._metric(origin, source, unit)
            case PromqlSource() as source:
                return self._user(origin.choice, source)

    def _user(self, choice: Choice, source: PromqlSource) -> str:
        scope = choice.place.scope
        own = source.promql.replace("$selector", scope.selector).replace("$window", f"{self.seen.window_s}s")
        # Without parts there is one row; the aggregation takes off the labels that it may have.
        return f"{source.combine if source.by else Combine.MAX} ({own})"

    def _metric(self, origin: Origin, source: MetricSource, unit: Unit) -> str | Missing:
        scope = origin.choice.place.scope
        counting = _Counting(source=source, scope=scope, window_s=self.seen.window_s, births=self._births)
        match source.kind:
            case MetricKind.HISTOGRAM:
                return quantile(source, scope, origin.bounds, self.seen.window_s)
            case MetricKind.GAUGE:
                request = replace(plan.latest(source), by=(), parts=())
                return _scaled(promql(request, scope, counting.frame), source.scale)
            case MetricKind.COUNTER if source.blind and len(source.blind.where) > 1:
                return Missing(Reason.ABSENT, "which of its series count is too involved for one expression")
            case MetricKind.COUNTER if source.per is None:
                return counting.rate()
            case MetricKind.COUNTER:
                return counting.ratio(at_least=MIN_OBSERVATIONS if unit is Unit.RATIO else None)

    @property
    def _births(self) -> str | None:
        return f"max(up{{{self.seen.selector}}} offset {self.seen.window_s}s)" if self.seen.births else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counting:
    """Increases of a source's counters.

    births  yields a row where the service was scraped a window ago: a series that has appeared since then
            began at zero. Otherwise the server may have been new to the service, and what a series counted
            in its whole life is no increase.
    """

    source: MetricSource
    scope: Scope
    window_s: int
    births: str | None

    @property
    def frame(self) -> Frame:
        return Frame(window_s=self.window_s, step_s=1)

    def rate(self) -> str:
        """Return the increase per second, as ``metrics.counters.rate`` does."""
        source = self.source
        request = plan.increase(source)
        if source.combine is not Combine.SUM:
            return self._per_second(self._grown(replace(request, where=self._seen(request.where))))
        if not plan.is_sifted(source):
            return self._per_second(self._sum(request, request.where))
        chosen = self._sum(request, (*request.where, *source.where))
        return self._told(self._per_second(_or_zero(chosen, self._sum(request, self._telling(request)))))

    def ratio(self, at_least: int | None) -> str:
        """Return the share of an increase, as ``metrics.counters.ratio`` does."""
        source = self.source
        if plan.has_one_metric(source):
            request = plan.parted(source)
            above = self._sum(request, (*request.where, *source.where))
            below = self._sum(request, request.where)
            above = _or_zero(above, self._sum(request, self._telling(request)))
        else:
            request, other = plan.increase(source), plan.denominator(source)
            above, below = self._sum(request, request.where), self._sum(other, other.where)
        enough = _enclosed(f"{below} {f'>= {at_least}' if at_least else '> 0'}")
        return self._told(_scaled(f"{_enclosed(above)}\n/ {enough}", source.scale))

    def _per_second(self, increase: str) -> str:
        return _scaled(f"{_enclosed(increase)} / {self.window_s}", self.source.scale)

    def _sum(self, request: VectorRequest, where: tuple[Matcher, ...]) -> str:
        """Return the increase of all series together, with what those began with that were born in it."""
        own = replace(request, where=self._seen(where))
        plain = self._grown(own)
        if self.births is None:
            return plain
        query = promql(_whole(own), self.scope, replace(self.frame, births=True))
        if query == plain:
            return plain
        born = query.removeprefix(f"{plain} or ")
        return f"sum (\n  {plain}\n  or (\n    {born}\n    and on () {self.births}\n  )\n)"

    def _grown(self, request: VectorRequest) -> str:
        return promql(_whole(request), self.scope, self.frame)

    def _seen(self, where: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
        """Leave out the series whose library does not see what the signal is about."""
        blind = self.source.blind.where if self.source.blind else ()
        return (*where, *(replace(one, negate=not one.negate) for one in blind))

    def _telling(self, request: VectorRequest) -> tuple[Matcher, ...]:
        """Match the series that could have been among those that count: they carry what decides."""
        labels = [one.label for one in self.source.where if not minds_absence(one)]
        return (*request.where, *(Matcher(label, ".+") for label in labels))

    def _told(self, expression: str) -> str:
        """Yield nothing where the labels do not tell what is asked: `5xx` says nothing of a 504."""
        if not self.source.requires:
            return expression
        telling = series_of(self.source.metric, self.scope, self.source.requires)
        return f"{_enclosed(expression)}\nand on () count({telling})"


def _whole(request: VectorRequest) -> VectorRequest:
    return replace(request, by=(), parts=())


def _or_zero(expression: str, others: str) -> str:
    """Return zero where nothing counts although there are others: what has never failed has no series."""
    return f"{expression}\nor 0 * {others}"


def _scaled(expression: str, factor: float) -> str:
    return expression if factor == 1 else f"{_enclosed(expression)} * {factor!r}"


def _enclosed(expression: str) -> str:
    """Return the expression in parentheses, on lines of its own where it takes several."""
    return f"(\n{indent(expression, '  ')}\n)" if "\n" in expression else f"({expression})"
