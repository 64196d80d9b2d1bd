"""How full a limit is: of all ways to see it the first that can be seen, and its fullest part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fastdiag.engine.evaluate import compare, decide
from fastdiag.engine.look import Look
from fastdiag.model.headroom import Amount, Bound, Fixed, Limit, Measure, Measured
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Parameter
from fastdiag.model.signal import Missing, Part, Reading, Reason

Unseen = tuple[tuple[str, Missing], ...]
"""Signals that were not seen, and why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """How much is used of how much; both are finite, and the bound is above 0."""

    used: Amount
    bound: Amount

    @property
    def level(self) -> float:
        """What counts against the bound: of slots the peak, for one too many has to wait; else the value.

        A share of time averages out, so that its peaks hurt nobody.
        """
        peak = self.used.peak if self.used.unit.is_discrete else None
        return max(self.used.value, peak or 0.0)


def measure(limit: Limit, look: Look) -> Pair | Unseen | str:
    """Return the first measure of a limit that can be seen, else what the first one lacks.

    A text says why what was seen means nothing in the present state.
    """
    found = [_measured(one, look) for one in limit.measures]
    pair = next((one for one in found if isinstance(one, Pair)), None)
    asleep = next((one for one in found if isinstance(one, str)), None)
    return pair or asleep or found[0]


def pairs(limit: Limit, look: Look) -> tuple[Pair, ...]:
    """Return every measure of a limit that can be seen."""
    found = (_measured(one, look) for one in limit.measures)
    return tuple(one for one in found if isinstance(one, Pair))


def look_up(look: Look, signal: str) -> Reading | Missing:
    """Return the reading of a signal; one that the rulebook does not define is missing too."""
    if signal in look.rulebook.catalogue.signals or signal in look.snapshot.readings:
        return look.reading(signal)
    return Missing(Reason.NOT_CONFIGURED, "the rules do not define it")


def amount(reading: Reading, part: Part | None = None) -> Amount | None:
    """Return what a reading, or one part of it, says; None where that is no number."""
    value = part.value if part else reading.value
    if value is None or not math.isfinite(value) or value < 0:
        return None
    peak = reading.window.highest if reading.window and not part else None
    return Amount(
        signal=reading.signal,
        value=float(value),
        unit=reading.unit,
        source=reading.source,
        bias=reading.bias,
        peak=peak if peak is not None and math.isfinite(peak) and peak > value else None,
        before=part.before if part else reading.before,
        part=part.labels if part else (),
    )


def _measured(one: Measure, look: Look) -> Pair | Unseen | str:
    used, bound = look_up(look, one.used), _bound(one.limit, look)
    if isinstance(used, Missing) or isinstance(bound, Missing):
        sides = ((one.used, used), (str(one.limit), bound))
        return tuple((name, side) for name, side in sides if isinstance(side, Missing))
    if one.when is not None:
        holds = decide(one.when, lambda atom: compare(atom, look)).holds
        if not holds:
            doubt = f"counts only while {one.when}"
            return (
                doubt
                if holds is False
                else ((one.used, Missing(Reason.ABSENT, f"{doubt}, which is unknown")),)
            )
    found = list(_pairs(used, bound))
    if not found:
        return ((one.used, Missing(Reason.ABSENT, "it has no total that could be compared")),)
    return max(found, key=lambda pair: pair.level / pair.bound.value)


def _bound(bound: Bound, look: Look) -> Reading | Amount | Missing:
    match bound:
        case Measured(signal=signal):
            return look_up(look, signal)
        case Parameter(name=name):
            value = look.parameter(name)
            return Amount(signal=None, value=value.value, unit=value.unit or Unit.COUNT, source=f"${name}")
        case Fixed(value=value, source=source):
            return Amount(signal=None, value=value.value, unit=value.unit or Unit.COUNT, source=source)


def _pairs(used: Reading, bound: Reading | Amount) -> Iterator[Pair]:
    """Yield the parts that have a bound of their own; without several, the whole, which says more."""
    parts = list(_parts(used, bound)) if isinstance(bound, Reading) else []
    whole = amount(used), bound if isinstance(bound, Amount) else amount(bound)
    for own, most in parts or [whole]:
        if own is None or most is None or most.value <= 0:
            continue
        pair = Pair(own, most)
        if math.isfinite(pair.level / most.value):  # a bound next to nothing is none
            yield pair


def _parts(used: Reading, bound: Reading) -> Iterator[tuple[Amount | None, Amount | None]]:
    if len(used.by) == len(bound.by) == 1:
        return
    bounds = {part.labels: part for part in bound.by}
    for part in used.by:
        if part.labels in bounds:
            yield amount(used, part), amount(bound, bounds[part.labels])
