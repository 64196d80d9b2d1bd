"""Tables in which one row of evidence is changed: a comparison flipped, a weight moved, the row left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Cause,
    Comparison,
    Condition,
    Evidence,
    Not,
    Operator,
    Rulebook,
    Weight,
)
from fastdiag.model.trial import Change, Mutant, Row

OPPOSITE: Final[Mapping[Operator, Operator]] = {
    Operator.GE: Operator.LT,
    Operator.LT: Operator.GE,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
}
_STEPS: Final = tuple(Weight)


def mutants_of(row: Row) -> Iterator[Mutant]:
    """Yield every change: each comparison flipped, the weight one step up and down, the row dropped."""
    evidence = row.evidence
    for flipped, old, new in _flipped(evidence.when):
        said = f"{new} instead of {old.operator}"
        yield _mutant(row, Change.FLIPPED, replace(evidence, when=flipped), said)
    step = _STEPS.index(evidence.weight)
    for change, there in ((Change.HEAVIER, step + 1), (Change.LIGHTER, step - 1)):
        if 0 <= there < len(_STEPS):
            said = f"{_STEPS[there]} instead of {evidence.weight}"
            yield _mutant(row, change, replace(evidence, weight=_STEPS[there]), said)
    yield _mutant(row, Change.DROPPED, None, evidence.when.text)


def _mutant(row: Row, change: Change, evidence: Evidence | None, said: str) -> Mutant:
    return Mutant(row=row, change=change, evidence=evidence, said=said)


def _flipped(condition: Condition) -> Iterator[tuple[Condition, Comparison, Comparison]]:
    """Yield a condition once for each of its comparisons, with that one turned round: what, from, to."""
    match condition:
        case Comparison(left=left, operator=operator, right=right):
            turned = Comparison(left, OPPOSITE[operator], right)
            yield turned, condition, turned
        case Not(part=part):
            yield from ((Not(inner), old, new) for inner, old, new in _flipped(part))
        case AllOf(parts=parts):
            yield from ((AllOf(group), old, new) for group, old, new in _flipped_parts(parts))
        case AnyOf(parts=parts):
            yield from ((AnyOf(group), old, new) for group, old, new in _flipped_parts(parts))


def _flipped_parts(
    parts: tuple[Condition, ...],
) -> Iterator[tuple[tuple[Condition, ...], Comparison, Comparison]]:
    for at, part in enumerate(parts):
        for inner, old, new in _flipped(part):
            yield (*parts[:at], inner, *parts[at + 1 :]), old, new


def mutated(book: Rulebook, mutant: Mutant) -> Rulebook:
    """Return the table with the row changed."""
    causes = (_mutated(cause, mutant) if cause.id == mutant.row.cause else cause for cause in book.causes)
    return replace(book, causes=tuple(causes))


def _mutated(cause: Cause, mutant: Mutant) -> Cause:
    row = mutant.row
    side = cause.supports if row.is_for else cause.contradicts
    instead = () if mutant.evidence is None else (mutant.evidence,)
    changed = (*side[: row.index], *instead, *side[row.index + 1 :])
    return replace(cause, supports=changed) if row.is_for else replace(cause, contradicts=changed)
