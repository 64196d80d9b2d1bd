"""A condition over signals as PromQL over their recorded values, as far as the server's metrics tell it.

Kleene's logic carries over: what cannot be seen is unknown, so that it makes an `all` unknown and adds
nothing to an `any`. Only what is certainly true becomes an alert.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine.evaluate import OPPOSITE
from fastdiag.metrics.promql import quoted
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operand,
    Operator,
    Parameter,
)
from fastdiag.model.signal import Missing, Reason

_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A comparison that can be told, of a signal with a number in its unit or with another signal."""

    left: str
    operator: Operator
    right: str | float


@dataclass(frozen=True, slots=True)
class Joined:
    """Clauses that all have to hold, or of which one has to."""

    word: str
    parts: tuple[Tellable, ...]


Tellable = Clause | Joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A comparison that cannot be told, the signal that it is for, and why."""

    text: str
    signal: str
    why: Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What can be told of a condition, and what cannot."""

    tellable: Tellable | None
    left_out: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells conditions by what is known of signals: None for one whose value is recorded."""

    unseen: Mapping[str, Missing | None]
    parameters: Mapping[str, Quantity]

    def tell(self, condition: Condition, *, negated: bool = False) -> Told:
        """Return what the server can tell of a condition, or of its opposite."""
        match condition:
            case Comparison():
                return self._comparison(condition, negated=negated)
            case Not(part=part):
                return self.tell(part, negated=not negated)
            case AllOf(parts=parts):
                return self._group(parts, "or" if negated else "and", negated=negated)
            case AnyOf(parts=parts):
                return self._group(parts, "and" if negated else "or", negated=negated)

    def _group(self, parts: tuple[Condition, ...], word: str, *, negated: bool) -> Told:
        found = [self.tell(part, negated=negated) for part in parts]
        left_out = tuple(gap for one in found for gap in one.left_out)
        told = tuple(one.tellable for one in found if one.tellable is not None)
        if not told or (word == "and" and len(told) < len(found)):
            return Told(tellable=None, left_out=left_out)
        return Told(tellable=told[0] if len(told) == 1 else Joined(word, told), left_out=left_out)

    def _comparison(self, comparison: Comparison, *, negated: bool) -> Told:
        gap = self._gap(comparison)
        if gap is not None:
            return Told(tellable=None, left_out=(gap,))
        operator = OPPOSITE[comparison.operator] if negated else comparison.operator
        clause = Clause(comparison.left.signal, operator, self._right(comparison.right))
        return Told(tellable=clause)

    def _right(self, right: Quantity | Parameter | Operand) -> str | float:
        match right:
            case Quantity():
                return right.value
            case Parameter():
                return self.parameters[right.name].value
            case Operand():
                return right.signal

    def _gap(self, comparison: Comparison) -> Gap | None:
        sides = (comparison.left, comparison.right)
        for side in (one for one in sides if isinstance(one, Operand)):
            if side.function is not None:
                why: Missing | None = Missing(Reason.ABSENT, f"{side} is worked out by fastdiag alone")
            else:
                why = self.unseen[side.signal]
            if why is not None:
                return Gap(text=str(comparison), signal=side.signal, why=why)
        return None


def expression(tellable: Tellable, service: str, depth: int = 0) -> str:
    """Return the PromQL of what can be told; it yields a row while it holds."""
    match tellable:
        case Clause(left=left, operator=operator, right=right):
            threshold = recorded(right, service) if isinstance(right, str) else f"{right:.12g}"
            return f"{recorded(left, service)} {operator} {threshold}"
        case Joined(word=word, parts=parts):
            indent = "  " * depth
            inner = [expression(part, service, depth + 1) for part in parts]
            inner = [
                f"(\n{indent}  {text}\n{indent})" if isinstance(part, Joined) else text
                for part, text in zip(parts, inner, strict=True)
            ]
            return f"\n{indent}{word} ".join(inner)


def record_name(signal: str) -> str:
    """Return the name under which a signal is recorded."""
    return f"fastdiag:{_UNFIT.sub('_', signal)}"


def recorded(signal: str, service: str) -> str:
    """Return the selector of a recorded signal of a service."""
    return f"{record_name(signal)}{{service={quoted(service)}}}"


def signals_in(tellable: Tellable) -> tuple[str, ...]:
    """Return the signals that it takes, each once, in reading order."""
    match tellable:
        case Clause(left=left, right=right):
            return (left, right) if isinstance(right, str) and right != left else (left,)
        case Joined(parts=parts):
            return tuple(dict.fromkeys(name for part in parts for name in signals_in(part)))
