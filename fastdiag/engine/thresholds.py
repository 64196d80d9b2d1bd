"""From which value on the rule table calls a signal too much, where it says so in one number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from fastdiag.engine.look import Look
from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operand,
    Operator,
    Rulebook,
    Weight,
)
from fastdiag.model.snapshot import Snapshot

_UPWARDS: Final = (Operator.GT, Operator.GE)
_WEIGHTS: Final = (Weight.DECISIVE, Weight.STRONG, Weight.MODERATE, Weight.WEAK)


def threshold(signal: str, snapshot: Snapshot, rulebook: Rulebook) -> float | None:
    """Return the lowest value from which on a symptom holds, else one that speaks for a cause.

    Of the rows of causes those count that weigh most, and none that takes something else as well. The
    parameters are those of the snapshot: the user's objectives. None where no such number stands there.
    """
    look = Look(snapshot, rulebook)
    noticed = [one for symptom in rulebook.symptoms if symptom.when for one in _named(symptom.when)]
    found = list(_limits(noticed, signal, look))
    for weight in _WEIGHTS:
        if found:
            break
        rows = (row for cause in rulebook.causes for row in cause.supports if row.weight is weight)
        alone = [one for row in rows for one in _named(row.when, alone=True)]
        found = list(_limits(alone, signal, look))
    return min(found, default=None)


def _limits(comparisons: Iterable[Comparison], signal: str, look: Look) -> Iterator[float]:
    for one in comparisons:
        is_about = one.left.signal == signal and one.left.function is None
        if is_about and one.operator in _UPWARDS and not isinstance(one.right, Operand):
            right = look.threshold(one.right)
            if (value := getattr(right, "value", None)) is not None and value > 0:
                yield value


def _named(condition: Condition, *, alone: bool = False) -> Iterator[Comparison]:
    """Yield the comparisons that must hold, or may; with ``alone`` those that say something by themselves.

    What is denied says when a signal is not too high.
    """
    match condition:
        case Comparison():
            yield condition
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts if isinstance(condition, AnyOf) or not alone else ():
                yield from _named(part, alone=alone)
        case Not():
            return
