"""What one window shows of a metric source: a number and its parts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.model.signal import Combine, Labels

MIN_OBSERVATIONS: Final = 20
"""Quantiles and ratios over fewer say little about the next request."""
NO_TRAFFIC: Final = "no traffic in the window"


@dataclass(frozen=True, slots=True)
class Share:
    """The value of one part and the observations behind it, where the notion applies."""

    value: float
    count: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A source in one window. NaN stands for a rate over a window of unknown length.

    beyond  the top finite bucket, when the quantile lies somewhere above it
    between  otherwise the least and the most that a quantile can be
    few     number of requests behind a ratio, when they are too few to trust it
    blind   why something else is not seen
    """

    value: float
    parts: Mapping[Labels, Share] = field(default_factory=dict)
    beyond: float | None = None
    between: tuple[float, float] | None = None
    few: int | None = None
    blind: str | None = None


def combined(values: Iterable[float], combine: Combine) -> float:
    """Combine the values of at least one series."""
    numbers = list(values)
    match combine:
        case Combine.SUM:
            return math.fsum(numbers)
        case Combine.MAX:
            return max(numbers)
        case Combine.MIN:
            return min(numbers)
        case Combine.AVG:
            return math.fsum(numbers) / len(numbers)
