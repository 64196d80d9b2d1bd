"""Who stands out from many: robust statistics, which those that stand out cannot bend.

The distance from the median is told in units of the median distance (MAD), scaled so that it is a standard
deviation where values are normal. Beyond 3.5 of them is out of the ordinary (Iglewicz and Hoaglin, "How to
detect and handle outliers", 1993).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from fastdiag.model.quantity import Unit

MIN_PEERS: Final = 4
"""Of two that differ, or of three, nobody can say which of them is the odd one."""
MAX_SHARE: Final = 0.25
"""More than these are no exception: they are a group of their own."""
FAR: Final = 3.5
SCALE: Final = 1.4826
"""Standard deviations of a normal distribution in its median distance."""
RELATIVE: Final = 0.1
"""Where nearly all values are equal, a tenth of them still counts as one standard deviation."""
LEAST: Final[Mapping[Unit, float]] = {
    Unit.RATIO: 0.05,
    Unit.SECONDS: 0.01,
    Unit.COUNT: 1.0,
    Unit.BYTES: 16 * 2**20,
    Unit.PER_SECOND: 0.5,
}
"""The least standard deviation: what nobody would call a difference, however equal the others are."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart(Generic[Key]):
    """Those that stand out on one side, the furthest first, and how far the first of them is out."""

    keys: tuple[Key, ...]
    median: float
    score: float


def apart(values: Mapping[Key, float], unit: Unit) -> tuple[Apart[Key], ...]:
    """Return who stands out: upwards, downwards, or neither; of fewer than four nobody does."""
    if len(values) < MIN_PEERS:
        return ()
    median = statistics.median(values.values())
    scale = _scale(list(values.values()), median, unit)
    scores = {key: (value - median) / scale for key, value in values.items()}
    sides = (
        {key: score for key, score in scores.items() if score > FAR},
        {key: -score for key, score in scores.items() if score < -FAR},
    )
    return tuple(
        Apart(keys=tuple(sorted(side, key=lambda key: -side[key])), median=median, score=max(side.values()))
        for side in sides
        if 0 < len(side) <= max(1, int(MAX_SHARE * len(values)))
    )


def _scale(values: Sequence[float], median: float, unit: Unit) -> float:
    distance = statistics.median(abs(value - median) for value in values)
    return max(SCALE * distance, RELATIVE * abs(median), LEAST[unit])
