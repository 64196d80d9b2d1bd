"""A course as one line of text: a cell a value, the newest on the right, a gap where nothing was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.model.quantity import Unit

GAP: Final = " "
_SMALL_SHARE: Final = 0.1
"""A ratio that stays below is drawn against this, or else against the whole: errors, and utilization."""


def sparkline(values: Sequence[float | None], cells: int, top: float, steps: str) -> str:
    """Return the last ``cells`` values, each as the step that it reaches between 0 and ``top``."""
    shown = values[-cells:] if cells > 0 else ()
    drawn = "".join(GAP if value is None else _step(value, top, steps) for value in shown)
    return drawn.rjust(max(0, cells))


def top_of(values: Sequence[float | None], unit: Unit) -> float:
    """Return what the highest step stands for: the highest value, or of a ratio a tenth or the whole."""
    peak = max((value for value in values if value is not None), default=0.0)
    if unit is Unit.RATIO and peak <= 1:
        return _SMALL_SHARE if peak <= _SMALL_SHARE else 1.0
    return peak


def _step(value: float, top: float, steps: str) -> str:
    share = value / top if top > 0 else 0.0
    return steps[round(min(1.0, max(0.0, share)) * (len(steps) - 1))]
