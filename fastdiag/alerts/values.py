"""Which values of signals make a condition hold, or just fail to: what the tests of an alert begin with."""

from __future__ import annotations

import math
import operator as operators
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from fastdiag.alerts.conditions import Clause, Joined, Tellable
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Operator

MAX_WAYS: Final = 8
"""Ways in which one alert can come about that are tried."""
_BASE: Final = 8.0
"""The value of a signal with which another is compared."""
_STEP: Final = 0.25
"""How far beyond a threshold a value lies, of what is left to 100 % or of the threshold itself."""
_ABOVE: Final = frozenset({Operator.GT, Operator.GE})
_COMPARE: Final = {
    Operator.GT: operators.gt,
    Operator.GE: operators.ge,
    Operator.LT: operators.lt,
    Operator.LE: operators.le,
    Operator.EQ: operators.eq,
    Operator.NE: operators.ne,
}
_BELOW: Final = frozenset({Operator.LT, Operator.LE})

Values = Mapping[str, float]


def ways(tellable: Tellable, units: Mapping[str, Unit]) -> Iterator[Values]:
    """Yield the values of signals for each way in which the condition comes to hold; the others have none."""
    for clauses in _alternatives(tellable)[:MAX_WAYS]:
        values = _solved(clauses, units)
        if values is not None and holds(tellable, values):
            yield values


def near_misses(tellable: Tellable, values: Values, units: Mapping[str, Unit]) -> Iterator[Values]:
    """Yield values of which one has just not passed its threshold, so that the condition does not hold."""
    for name in values:
        own = [clause for clause in _clauses(tellable) if clause.left == name]
        tried = ({**values, name: _missed(clause, values, units[name])} for clause in own)
        missed = next((one for one in tried if not holds(tellable, one)), None)
        if missed is not None:
            yield missed


def holds(tellable: Tellable, values: Values) -> bool:
    """Whether a condition holds; what has no value makes no comparison true."""
    match tellable:
        case Clause(left=left, operator=operator, right=right):
            other = values.get(right, math.nan) if isinstance(right, str) else right
            return _compared(values.get(left, math.nan), operator, other)
        case Joined(word="and", parts=parts):
            return all(holds(part, values) for part in parts)
        case Joined(parts=parts):
            return any(holds(part, values) for part in parts)


def _compared(left: float, operator: Operator, right: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return False
    return bool(_COMPARE[operator](left, right))


def _alternatives(tellable: Tellable) -> list[tuple[Clause, ...]]:
    match tellable:
        case Clause():
            return [(tellable,)]
        case Joined(word="and", parts=parts):
            joined = product(*(_alternatives(part)[:MAX_WAYS] for part in parts))
            return [tuple(clause for part in one for clause in part) for one in joined]
        case Joined(parts=parts):
            return [one for part in parts for one in _alternatives(part)]


def _clauses(tellable: Tellable) -> Iterator[Clause]:
    match tellable:
        case Clause():
            yield tellable
        case Joined(parts=parts):
            for part in parts:
                yield from _clauses(part)


def _solved(clauses: Sequence[Clause], units: Mapping[str, Unit]) -> Values | None:
    """Return a value for each signal that meets all clauses; None where none does."""
    values = {one.right: _BASE for one in clauses if isinstance(one.right, str)}
    for name in dict.fromkeys(one.left for one in clauses):
        own = [one for one in clauses if one.left == name]
        value = _value(own, values, units[name])
        if not all(_compared(value, one.operator, _right(one, values)) for one in own):
            return None
        values[name] = value
    return values


def _right(clause: Clause, values: Values) -> float:
    return values[clause.right] if isinstance(clause.right, str) else clause.right


def _value(clauses: Sequence[Clause], values: Values, unit: Unit) -> float:
    exact = [_right(one, values) for one in clauses if one.operator is Operator.EQ]
    low = max((_right(one, values) for one in clauses if one.operator in _ABOVE), default=None)
    high = min((_right(one, values) for one in clauses if one.operator in _BELOW), default=None)
    if exact:
        return exact[0]
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return _beyond(low, unit)
    return _short_of(high, unit) if high is not None else _BASE


def _beyond(low: float, unit: Unit) -> float:
    match unit:
        case Unit.COUNT:
            return math.floor(low) + 1.0
        case Unit.RATIO if 0 <= low < 1:
            return low + (1 - low) * _STEP
        case _:
            return low + abs(low) * _STEP if low else _STEP


def _short_of(high: float, unit: Unit) -> float:
    if unit is Unit.COUNT:
        return math.ceil(high) - 1.0
    return high - abs(high) * _STEP if high else -_STEP


def _missed(clause: Clause, values: Values, unit: Unit) -> float:
    """Return a value a tenth short of what the clause asks for; of whole things, one short."""
    threshold = _right(clause, values)
    far = 1.0 if unit is Unit.COUNT else abs(threshold) / 10
    match clause.operator:
        case Operator.GT | Operator.GE:
            return threshold - far
        case Operator.LT | Operator.LE:
            return threshold + far
        case Operator.EQ:
            return threshold + (far or 1)
        case Operator.NE:
            return threshold
