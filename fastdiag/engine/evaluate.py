"""Conditions in three-valued logic: true, false, or unknown for a reason.

Besides its truth, a condition has an *edge*: how clearly its threshold is passed (1 = clearly, 0 = right
at it), a *trust*, and a *basis*: the signals that decided it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine.look import Look, Seen
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Function,
    Not,
    Operand,
    Operator,
)
from fastdiag.model.signal import Missing

EDGE_WIDTH: Final = 0.1
"""Within this share of a threshold a continuous value counts only in part (design section 6)."""

COMPARE: Final[Mapping[Operator, Callable[[float, float], bool]]] = {
    Operator.GE: operator.ge,
    Operator.LE: operator.le,
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.GT: operator.gt,
    Operator.LT: operator.lt,
}

OPPOSITE: Final[Mapping[Operator, Operator]] = {
    Operator.GE: Operator.LT,
    Operator.LT: Operator.GE,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
}
"""The operator that holds where another one does not."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What became of a condition; ``holds`` is None when unknown.

    basis  signals of the comparisons that decided (all of them when unknown)
    """

    holds: bool | None
    edge: float = 1.0
    trusted: bool = True
    basis: frozenset[str] = frozenset()


Atoms = Callable[[Comparison], Truth]
"""Decides one comparison."""


def decide(condition: Condition, atoms: Atoms) -> Truth:
    """Return the truth of a condition whose comparisons ``atoms`` decides (Kleene logic)."""
    match condition:
        case Comparison():
            return atoms(condition)
        case Not(part=part):
            inner = decide(part, atoms)
            return Truth(
                None if inner.holds is None else not inner.holds, inner.edge, inner.trusted, inner.basis
            )
        case AllOf(parts=parts):
            return _combine([decide(part, atoms) for part in parts], decisive=False)
        case AnyOf(parts=parts):
            return _combine([decide(part, atoms) for part in parts], decisive=True)


def _combine(parts: list[Truth], *, decisive: bool) -> Truth:
    """One part that ``holds is decisive`` decides the group; otherwise all parts have to agree."""
    deciding = [part for part in parts if part.holds is decisive]
    if deciding:  # the clearest and the best trusted of them is enough
        return Truth(
            decisive,
            max(part.edge for part in deciding),
            any(part.trusted for part in deciding),
            _union(deciding),
        )
    if any(part.holds is None for part in parts):
        return Truth(None, basis=_union(parts))
    return Truth(
        not decisive, min(part.edge for part in parts), all(part.trusted for part in parts), _union(parts)
    )


def _union(parts: Iterable[Truth]) -> frozenset[str]:
    return frozenset().union(*(part.basis for part in parts))


def compare(comparison: Comparison, look: Look) -> Truth:
    """Return the truth of one comparison as the snapshot has it."""
    basis = frozenset(_signals(comparison))
    left, right = look.operand(comparison.left), look.threshold(comparison.right)
    if isinstance(left, Missing) or isinstance(right, Missing):
        return Truth(None, basis=basis)
    holds = COMPARE[comparison.operator](left.value, right.value)
    trusted = (left.trusted and right.trusted) or _is_certain(comparison.operator, left, right)
    return Truth(holds, _edge(comparison, left, right, look), trusted, basis)


def _is_certain(operator: Operator, left: Seen, right: Seen) -> bool:
    """Whether the answer is the same wherever the true values lie, as far as their bounds tell.

    At least 7 is more than 5 for certain, and at least 3 is not for certain less. Equality may hold in
    between where it does at neither end.
    """
    if operator in {Operator.EQ, Operator.NE}:
        return False
    answers = {COMPARE[operator](one, other) for one in left.extremes for other in right.extremes}
    return len(answers) == 1


def _signals(comparison: Comparison) -> tuple[str, ...]:
    names = (comparison.left.signal,)
    return (*names, comparison.right.signal) if isinstance(comparison.right, Operand) else names


def _edge(comparison: Comparison, left: Seen, right: Seen, look: Look) -> float:
    """Return how clearly the threshold is passed: 1 beyond a tenth of it, less in between.

    A ratio is bounded on both sides, so near 100 % the tenth is one of what is left: 100 % is clearly
    more than 95 %.
    """
    unit = look.rulebook.catalogue.unit(comparison.left.signal)
    function = comparison.left.function
    if function is Function.PINNED or (
        unit.is_discrete and function not in {Function.GROWTH, Function.SPREAD}
    ):
        return 1.0
    size = abs(right.value)
    if unit is Unit.RATIO and function is not Function.GROWTH:
        size = min(size, abs(1 - right.value))
    return min(1.0, abs(left.value - right.value) / (EDGE_WIDTH * size)) if size else 1.0


def describe(condition: Condition, look: Look, truth: Truth) -> str:
    """Return what was seen, with numbers: the comparisons that decided, or those that are unknown."""
    atoms = [atom for atom in _deciding(condition, look) if compare(atom, look).basis <= truth.basis]
    return "; ".join(dict.fromkeys(_say(atom, look) for atom in atoms))


def _deciding(condition: Condition, look: Look) -> list[Comparison]:
    """Return the comparisons that agree with the truth of the condition around them."""
    atoms: Atoms = lambda atom: compare(atom, look)  # noqa: E731 - a name for a partial application
    match condition:
        case Comparison():
            return [condition]
        case Not(part=part):
            return _deciding(part, look)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            whole = decide(condition, atoms).holds
            agreeing = [part for part in parts if decide(part, atoms).holds is whole]
            return [atom for part in agreeing for atom in _deciding(part, look)]


def _say(comparison: Comparison, look: Look) -> str:
    unit = _unit_of(comparison.left, look)
    left = look.operand(comparison.left)
    if isinstance(left, Missing):
        return f"{comparison.left} unknown"
    if comparison.left.function is Function.PINNED:
        return f"{comparison.left.signal} {'stayed' if left.value else 'did not stay'} at its highest"
    seen = f"{comparison.left} {format_value(left.value, unit)}"
    if isinstance(comparison.right, Operand):
        right = look.operand(comparison.right)
        shown = "unknown" if isinstance(right, Missing) else format_value(right.value, unit)
        return f"{seen} {comparison.operator} {comparison.right} {shown}"
    threshold = look.threshold(comparison.right)
    shown = format_value(threshold.value, unit) if isinstance(threshold, Seen) else str(comparison.right)
    return f"{seen} {comparison.operator} {shown}"


def _unit_of(operand: Operand, look: Look) -> Unit:
    match operand.function:
        case Function.GROWTH:
            return Unit.RATIO
        case Function.SPREAD | Function.PINNED:
            return Unit.COUNT
        case _:
            return look.rulebook.catalogue.unit(operand.signal)
