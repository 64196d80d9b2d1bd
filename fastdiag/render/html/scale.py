"""Round numbers and round moments for the axes of a chart."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from fastdiag.model.quantity import Unit

_INTERVALS: Final = 3
"""At most so many lie between the values of an axis: the charts are small."""
_LEAST: Final = 1e-9
"""What is smaller than this in any unit is drawn as nothing."""
_DAY_S: Final = 86400
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, _DAY_S, 2 * _DAY_S, 7 * _DAY_S, 14 * _DAY_S, 28 * _DAY_S),
)
_DATED_FROM_S: Final = 36 * 3600
"""From this length on the day tells more than the hour."""


def values(top: float, unit: Unit) -> tuple[float, ...]:
    """Return round values from zero to ``top`` or beyond, in steps of 1, 2 or 5; of bytes in KiB, MiB, ..."""
    if not math.isfinite(top) or top < _LEAST:
        return (0.0, 1.0)
    base = 1024.0 ** min(3, max(0, int(math.log(top, 1024)))) if unit is Unit.BYTES else 1.0
    rough = top / base / _INTERVALS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((n * size for n in (1, 2, 5) if n * size >= rough * (1 - 1e-9)), 10 * size)
    return tuple(step * number * base for number in range(math.ceil(top / base / step - 1e-9) + 1))


def moments(start: float, end: float) -> tuple[tuple[float, str], ...]:
    """Return round moments (UTC) between two, and how they are written; the first where there are none."""
    step = next((step for step in _STEPS_S if (end - start) / step <= _INTERVALS + 1), 28 * _DAY_S)
    form = "%-d %b" if end - start >= _DATED_FROM_S else "%H:%M" if step >= 60 else "%H:%M:%S"  # noqa: PLR2004 - a minute
    first = math.ceil(start / step)
    found = [number * step for number in range(first, math.floor(end / step) + 1)][: 4 * _INTERVALS]
    return tuple((float(at), _written(at, form)) for at in found) or ((start, _written(start, form)),)


def clock(at: float) -> str:
    """Return a moment as a person reads it beside others of the same window: `22 Nov 03:14:07`."""
    return _written(at, "%-d %b %H:%M:%S")


def _written(at: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime(form)
    except (OverflowError, OSError, ValueError):
        return "?"


def seconds(moment: str) -> float | None:
    """Return a moment of the model (ISO 8601) in seconds since the epoch; None for what is none."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).timestamp()
    except (OverflowError, ValueError):
        return None
