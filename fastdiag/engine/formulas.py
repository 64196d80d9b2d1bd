"""A signal computed from two others: service-wide, and for each part that both tell."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Formula, Labels, Missing, Part, Reading, Reason

ADDITIVE: Final = frozenset({Unit.COUNT, Unit.PER_SECOND, Unit.BYTES})
"""Quantities whose parts make a whole; ratios and times do not."""


def compute(formula: Formula, left: Reading, right: Reading, blank: Reading) -> Reading | Missing:
    """Apply a formula to the totals and to the parts that both sides tell; the worst part is the value."""
    parts = _compute_parts(formula.operator, left, right)
    total = _operate(formula.operator, left.value, right.value)
    value = _worst(formula.operator, total, [part.value for part in parts])
    if value is None:
        return Missing(
            Reason.ABSENT, f"{formula} cannot be computed ({formula.right} is zero or has no total)"
        )
    earlier = [part.before for part in parts if part.before is not None]
    before = _operate(formula.operator, left.before, right.before)
    if parts:  # the worst of then is compared with the worst of now, or nothing is
        before = _worst(formula.operator, before, earlier) if len(earlier) == len(parts) else None
    return replace(blank, value=value, before=before, by=parts)


def _worst(operator: str, total: float | None, parts: list[float]) -> float | None:
    """Return the worst part. A quotient of totals is a mean of parts: it exceeds those seen if some hide."""
    values = parts if parts and operator != "/" else [*parts, *([] if total is None else [total])]
    return max(values, default=None)


def _compute_parts(operator: str, left: Reading, right: Reading) -> tuple[Part, ...]:
    """Apply an operator to parts that agree in the labels which both sides have.

    A pool's connections in use are told by instance and state, its size by instance alone: what belongs to
    one instance is added up.
    """
    shared = _label_names(left) & _label_names(right)
    if not shared:
        return ()
    others = _grouped(right, shared)
    computed = []
    for labels, part in _grouped(left, shared).items():
        other = others.get(labels)
        value = _operate(operator, part.value, other.value) if other else None
        if other and value is not None:
            before = _operate(operator, part.before, other.before)
            computed.append(Part(labels=labels, value=value, before=before))
    return tuple(sorted(computed, key=lambda part: (-part.value, part.labels)))


def _label_names(reading: Reading) -> frozenset[str]:
    return frozenset(name for part in reading.by for name, _ in part.labels)


def _grouped(reading: Reading, names: frozenset[str]) -> dict[Labels, Part]:
    """Return a reading's parts by some of their labels; what cannot be added up is left out."""
    groups: dict[Labels, list[Part]] = {}
    for part in reading.by:
        own = tuple(pair for pair in part.labels if pair[0] in names)
        groups.setdefault(own, []).append(part)
    return {
        labels: parts[0] if len(parts) == 1 else _sum(labels, parts)
        for labels, parts in groups.items()
        if labels and (len(parts) == 1 or reading.unit in ADDITIVE)
    }


def _sum(labels: Labels, parts: list[Part]) -> Part:
    befores = [part.before for part in parts if part.before is not None]
    before = math.fsum(befores) if len(befores) == len(parts) else None
    return Part(labels=labels, value=math.fsum(part.value for part in parts), before=before)


def _operate(operator: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else None
