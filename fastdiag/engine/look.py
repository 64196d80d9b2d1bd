"""Looking a signal up in a snapshot: readings, formulas and the functions of conditions."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Final

from fastdiag.engine.formulas import compute
from fastdiag.model.quantity import Quantity, parse_quantity
from fastdiag.model.rule import Function, Operand, Parameter, Rulebook
from fastdiag.model.signal import Bound, Missing, Reading, Reason, Signal
from fastdiag.model.snapshot import Snapshot, SourceStatus

MIN_OBSERVATIONS: Final = 20
"""A label set with fewer observations has no worst value (design section 5)."""
MIN_PINNED_SAMPLES: Final = 3
PINNED_SHARE: Final = 0.95
_ANSWERED: Final = (SourceStatus.OK, SourceStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Seen:
    """A number, whether the reading behind it may rule anything out, and what it bounds where it may not."""

    value: float
    trusted: bool
    bound: Bound | None = None

    @property
    def extremes(self) -> tuple[float, ...]:
        """The ends of where the true value lies; none where that is anywhere."""
        if self.trusted:
            return (self.value,)
        match self.bound:
            case None:
                return ()
            case Bound.AT_LEAST:
                return (self.value, math.inf)
            case Bound.AT_MOST:
                return (-math.inf, self.value)


@dataclass(slots=True)
class Look:
    """Answers what a snapshot says of an operand. Formulas are computed on first use and kept."""

    snapshot: Snapshot
    rulebook: Rulebook
    _derived: dict[str, Reading | Missing]

    def __init__(self, snapshot: Snapshot, rulebook: Rulebook) -> None:
        self.snapshot = snapshot
        self.rulebook = rulebook
        self._derived = {}

    def reading(self, signal: str) -> Reading | Missing:
        """Return the reading of a signal, computed by its formula when no source gave it."""
        found = self.snapshot.readings.get(signal)
        if found is not None:
            return found
        if signal not in self._derived:
            self._derived[signal] = self._derive(signal)
        return self._derived[signal]

    def operand(self, operand: Operand) -> Seen | Missing:
        """Return the number an operand stands for, or why there is none."""
        reading = self.reading(operand.signal)
        if isinstance(reading, Missing):
            return reading
        value = _apply(operand.function, reading)
        bound = reading.bound if operand.function is None else None
        return Seen(value, reading.is_trusted, bound) if isinstance(value, float) else value

    def threshold(self, right: Quantity | Parameter | Operand) -> Seen | Missing:
        """Return the number on the right-hand side of a comparison."""
        match right:
            case Quantity(value=value):
                return Seen(value, trusted=True)
            case Parameter(name=name):
                return Seen(self.parameter(name).value, trusted=True)
            case Operand():
                return self.operand(right)

    def parameter(self, name: str) -> Quantity:
        """Return a parameter as the snapshot carries it, else the rulebook's default."""
        written = self.snapshot.parameters.get(name)
        return parse_quantity(written) if written is not None else self.rulebook.parameters[name]

    def _unmentioned(self, signal: Signal) -> Missing:
        """Return why a snapshot says nothing of a signal, not even that it is missing.

        One that a source could have yielded, and this source answered, came into the table later: what the
        snapshot was judged by then must not count as doubt now.
        """
        answered = {state.name for state in self.snapshot.sources if state.status in _ANSWERED}
        if answered.intersection(signal.collectors):
            return Missing(Reason.ABSENT, "the snapshot was taken before this signal was asked for")
        return Missing(Reason.NOT_CONFIGURED, "not in the snapshot")

    def _derive(self, signal: str) -> Reading | Missing:
        definition = self.rulebook.catalogue.signals[signal]
        if definition.formula is None:
            return self.snapshot.missing.get(signal) or self._unmentioned(definition)
        left, right = self.reading(definition.formula.left), self.reading(definition.formula.right)
        for side in (left, right):
            if isinstance(side, Missing):
                return side
        assert isinstance(left, Reading)  # noqa: S101 - for the type checker: the loop has returned otherwise
        assert isinstance(right, Reading)  # noqa: S101 - likewise
        return compute(
            definition.formula,
            left,
            right,
            Reading(
                signal=signal,
                unit=definition.unit,
                source=_joint_source(left, right),
                value=None,
                bias=left.bias or right.bias,
            ),
        )


def _joint_source(left: Reading, right: Reading) -> str:
    return left.source if left.source == right.source else f"{left.source}+{right.source}"


def _apply(function: Function | None, reading: Reading) -> float | Missing:
    match function:
        case None:
            return _or_missing(reading.value, f"{reading.signal} has no service-wide value")
        case Function.BEFORE:
            return _or_missing(reading.before, f"{reading.signal} has no earlier value to compare with")
        case Function.GROWTH:
            return _growth(reading)
        case Function.WORST:
            seen = _observed(reading)
            return (
                max(seen)
                if seen
                else _absent(f"no part of {reading.signal} has {MIN_OBSERVATIONS} observations")
            )
        case Function.SPREAD:
            return _spread(reading)
        case Function.PINNED:
            return _pinned(reading)


def _growth(reading: Reading) -> float | Missing:
    if reading.value is None or not reading.before:
        return _absent(f"{reading.signal} has no earlier value to compare with")
    return reading.value / reading.before - 1


def _spread(reading: Reading) -> float | Missing:
    seen = _observed(reading)
    middle = statistics.median(seen) if len(seen) > 1 else 0.0
    return max(seen) / middle if middle else _absent(f"{reading.signal} has no parts to compare")


def _pinned(reading: Reading) -> float | Missing:
    window = reading.window
    if window is None or window.samples < MIN_PINNED_SAMPLES:
        return _absent(f"{reading.signal} was not sampled {MIN_PINNED_SAMPLES} times")
    return float(window.lowest >= PINNED_SHARE * window.highest)


def _observed(reading: Reading) -> list[float]:
    return [part.value for part in reading.by if part.count is None or part.count >= MIN_OBSERVATIONS]


def _or_missing(value: float | None, detail: str) -> float | Missing:
    return float(value) if value is not None and math.isfinite(value) else _absent(detail)


def _absent(detail: str) -> Missing:
    return Missing(Reason.ABSENT, detail)
