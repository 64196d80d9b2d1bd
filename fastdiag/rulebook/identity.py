"""Which conditions are the same finding, however they are spelt."""

from __future__ import annotations

from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import AllOf, AnyOf, Comparison, Condition, Not


def identity(condition: Condition) -> str:
    """Return the same text for the same finding: `x >= 95%` and `x >= 0.95`, and parts in any order.

    Twelve digits, because 7 % read as 7 x 0.01 is not quite 0.07.
    """
    match condition:
        case Comparison(left=left, operator=operator, right=Quantity() as right):
            return f"{left} {operator} {right.value:.12g} {right.unit or ''}".rstrip()
        case Comparison():
            return str(condition)
        case AllOf(parts=parts):
            return f"({' and '.join(sorted({identity(part) for part in parts}))})"
        case AnyOf(parts=parts):
            return f"({' or '.join(sorted({identity(part) for part in parts}))})"
        case Not(part=part):
            return f"not {identity(part)}"
