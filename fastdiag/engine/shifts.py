"""Stretches in which a signal stays clearly above what it was before, whatever its scale."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MIN_BASELINE: Final = 5
"""Points without which nothing is known of how a signal usually is."""
HELD: Final = 3
"""A shift holds for as many points, and is over after as many: one outlier is none."""
SPREADS: Final = 4.0
"""How many times its usual deviation a value lies off, beside the factor that is asked for."""
_NORMAL: Final = 1.4826
"""Standard deviation over median absolute deviation, of a normal distribution."""

Known = Sequence[tuple[float, float]]
"""Moment and value, the earliest first; moments at which nothing was seen are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch in which a signal is high.

    start, end  the first and the last moment of it
    before      median of all points before it that lie in no earlier shift
    during      median of the points in it
    peak        the highest of them
    """

    start: float
    end: float
    before: float
    during: float
    peak: float


def shifts(points: Sequence[tuple[float, float | None]], factor: float) -> tuple[Shift, ...]:
    """Return the stretches in which a signal is at least ``factor`` times its usual value so far.

    The usual value is the median of the quiet points before, and a value must lie off it by four times their
    deviation as well: what wanders much has to move more.
    """
    known = seen(points)
    quiet: list[float] = []
    found: list[Shift] = []
    number = 0
    while number < len(known):
        bound = _bound(quiet, factor)
        if bound is not None and _is_above(known[number : number + HELD], bound):
            end = _end(known, number, bound)
            found.append(_shift(known[number:end], quiet))
            number = end
        else:
            quiet.append(known[number][1])
            number += 1
    return tuple(found)


def seen(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Return the points at which something was seen."""
    return [(at, value) for at, value in points if value is not None and math.isfinite(value)]


def _bound(quiet: Sequence[float], factor: float) -> float | None:
    if len(quiet) < MIN_BASELINE:
        return None
    middle = statistics.median(quiet)
    deviation = _NORMAL * statistics.median(abs(value - middle) for value in quiet)
    return max(middle * factor, middle + SPREADS * deviation)


def _is_above(points: Known, bound: float) -> bool:
    return len(points) == HELD and all(value > bound for _, value in points)


def _end(known: Known, start: int, bound: float) -> int:
    """Return the number of the first point after a stretch: as many as hold it lie below again."""
    number = start + HELD
    while number < len(known):
        after = known[number : number + HELD]
        if all(value <= bound for _, value in after):
            return number
        number += 1
    return number


def _shift(points: Known, quiet: Sequence[float]) -> Shift:
    numbers = [value for _, value in points]
    return Shift(
        start=points[0][0],
        end=points[-1][0],
        before=statistics.median(quiet),
        during=statistics.median(numbers),
        peak=max(numbers),
    )
