"""Which instances of a large service are told one by one: those that stand out, the same for every signal.

What is measured of each instance (its pool, its garbage collections) has a row for each of them. Of 2,000 as
of 20, a reader wants those that stand out, a formula needs both of its sides of the same ones, and the rest
only as a sum. So the server ranks them, by every ratio of two such signals and by every other such signal,
now and in the comparison window: what was worst then is compared with what is worst now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.choice import ServerSource
from fastdiag.collectors.prometheus.server import PrometheusServer, Series
from fastdiag.collectors.prometheus.vectors import Moments
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.plan import increase, latest, parts, sums
from fastdiag.metrics.promql import Frame, Scope, label_of, labelled, promql
from fastdiag.metrics.vector import VectorRequest
from fastdiag.model.signal import Catalogue, Formula, MetricKind, MetricSource, Signal

NAMES: Final = ("instance", "exported_instance")
"""Labels of which one has a value for each instance; behind an OpenTelemetry collector it is the second."""

LEAST_RANKED: Final = 5
"""So many of each ranking are asked for, however many rankings there are."""
COUNTED: Final = "fastdiag_counted"
"""Label of the row that holds how many there are."""

Told = Mapping[str, tuple[str, ...]]
"""A label with more values than are told one by one, and those that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What a source says of each part: ``source`` by ``labels``, in the terms of a server."""

    source: ServerSource
    labels: tuple[str, ...]

    @classmethod
    def of(cls, source: ServerSource) -> Amount | None:
        """Return what a source says of each part; None where it has none that are instances or of a gauge."""
        if isinstance(source, MetricSource):
            labels = parts(source)
            is_ours = source.per_instance or source.by in NAMES or source.kind is MetricKind.GAUGE
            return Amount(source=source, labels=labels) if labels and is_ours else None
        return Amount(source=source, labels=(source.by,)) if source.by in NAMES else None

    def query(self, labels: tuple[str, ...], scope: Scope, frame: Frame) -> str:
        """Return the expression of it by some of its labels."""
        source = self.source
        if isinstance(source, MetricSource):
            request = replace(_weighing(source), by=labels)
            return promql(request, scope, replace(frame, births=False))
        expression = source.promql.replace("$selector", scope.selector)
        expression = expression.replace("$window", f"{frame.window_s}s")
        return f"{source.combine} by ({_listed(labels, scope)}) ({expression})"


def _weighing(source: MetricSource) -> VectorRequest:
    """Return what tells the weight of a source's parts: a gauge's values, else what was counted or timed."""
    match source.kind:
        case MetricKind.GAUGE:
            return latest(source)
        case MetricKind.COUNTER:
            return replace(increase(source), where=source.where)
        case MetricKind.HISTOGRAM:
            return sums(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """An expression by which the values of these labels are ranked; all of instances have the same labels."""

    labels: tuple[str, ...]
    expression: str

    def query(self, most: int) -> str:
        """Return what asks for the first of them, and how many there are."""
        counted = labelled(f"count({self.expression})", COUNTED, "1")
        return f"topk({most}, {self.expression}) or {counted}"


def told_of(  # noqa: PLR0913 - whose instances, and when
    server: PrometheusServer,
    scope: Scope,
    sources: Mapping[Signal, ServerSource],
    catalogue: Catalogue,
    moments: Moments,
    until: float,
) -> Told:
    """Return the labels that tell more parts apart than are told one by one, and those that stand out.

    Nothing is raised: where the server cannot rank them, all are told.
    """
    rankings = list(_rankings(sources, catalogue, scope, moments.pace.frame))
    most = max(LEAST_RANKED, MAX_PARTS // (2 * max(1, len(rankings))))
    questions = [Question(one.query(most), at) for at in (moments.now, moments.before) for one in rankings]
    ranked = [
        (one.labels, *_read(answer))
        for one, answer in zip([*rankings, *rankings], ask_all(server, questions, until), strict=True)
    ]
    crowded = dict.fromkeys(labels for labels, number, _ in ranked[: len(rankings)] if number > MAX_PARTS)
    return dict(_first(labels, [rows for other, _, rows in ranked if other == labels]) for labels in crowded)


def _rankings(
    sources: Mapping[Signal, ServerSource], catalogue: Catalogue, scope: Scope, frame: Frame
) -> Iterator[Ranking]:
    counted = _counted(sources.values())
    amounts = {
        signal.id: amount
        for signal, source in sources.items()
        if (amount := Amount.of(source)) and not counted.issuperset(amount.labels)
    }
    joined: set[str] = set()
    for signal in catalogue.signals.values():
        formula = signal.formula
        if formula and formula.left in amounts and formula.right in amounts:
            joined |= {formula.left, formula.right}
            yield from _of_formula(formula, amounts, scope, frame)
    for name, amount in amounts.items():
        if name not in joined:
            yield _ranking(amount.labels, amount.query(amount.labels, scope, frame), scope)


def _counted(sources: Iterable[ServerSource]) -> frozenset[str]:
    """Return the labels, such as the route, whose values the census ranks by what was counted of them."""
    metrics = [source for source in sources if isinstance(source, MetricSource)]
    metrics += [source.detail for source in metrics if source.detail]
    counted = (source for source in metrics if source.kind is not MetricKind.GAUGE)
    return frozenset(one.by for one in counted if one.by and one.by not in NAMES and not one.per_instance)


def _of_formula(
    formula: Formula, amounts: Mapping[str, Amount], scope: Scope, frame: Frame
) -> Iterator[Ranking]:
    left, right = amounts[formula.left], amounts[formula.right]
    shared = tuple(label for label in left.labels if label in right.labels)
    if shared:
        divisor = right.query(shared, scope, frame)
        divisor = f"({divisor} > 0)" if formula.operator == "/" else divisor
        yield _ranking(shared, f"{left.query(shared, scope, frame)} {formula.operator} {divisor}", scope)


def _ranking(labels: tuple[str, ...], expression: str, scope: Scope) -> Ranking:
    """Rank instances where they are told apart, else the values of the label of parts."""
    names = tuple(name for name in NAMES if name in labels)
    own = names or labels[:1]
    ranked = f"max by ({_listed(own, scope)}) ({expression})"
    return Ranking(labels=NAMES if names else own, expression=ranked)


def _listed(names: Iterable[str], scope: Scope) -> str:
    return ", ".join(label_of(name, scope) for name in names)


def _read(answer: Result) -> tuple[float, list[Series]]:
    """Return how many there are, and the first of them, the highest first; of what failed, none."""
    if isinstance(answer, SourceFailed):
        return 0, []
    number = next((row.value for row in answer.series if COUNTED in row.labels), 0)
    rows = [row for row in answer.series if COUNTED not in row.labels]
    return number, sorted(rows, key=lambda row: (-row.value, sorted(row.labels.items())))


def _first(labels: Sequence[str], orders: Sequence[Sequence[Series]]) -> tuple[str, tuple[str, ...]]:
    """Return the label that tells most of them apart, and the first values of it.

    They are the first of each ranking, then the second of each, as many as are told one by one.
    """
    in_turn = [row.labels for rank in zip_longest(*orders) for row in rank if row is not None]
    values = {label: dict.fromkeys(row.get(label, "") for row in in_turn) for label in labels}
    label = max(labels, key=lambda one: len(values[one]))
    return label, tuple(value for value in values[label] if value)[:MAX_PARTS]
