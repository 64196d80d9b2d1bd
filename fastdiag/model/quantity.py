"""A number with a unit: how values are written in rules, options and reports."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """The unit in which a signal is stored. Everything a source yields is converted to one of these."""

    SECONDS = "s"
    RATIO = "ratio"
    COUNT = "count"
    BYTES = "bytes"
    PER_SECOND = "1/s"

    @property
    def is_discrete(self) -> bool:
        """Whether values are whole things, so that "almost at the threshold" means nothing."""
        return self is Unit.COUNT


_FACTORS: Final[dict[str, tuple[Unit, Decimal]]] = {
    "us": (Unit.SECONDS, Decimal("1e-6")),
    "ms": (Unit.SECONDS, Decimal("1e-3")),
    "s": (Unit.SECONDS, Decimal(1)),
    "min": (Unit.SECONDS, Decimal(60)),
    "h": (Unit.SECONDS, Decimal(3600)),
    "d": (Unit.SECONDS, Decimal(86400)),
    "%": (Unit.RATIO, Decimal("0.01")),
    "B": (Unit.BYTES, Decimal(1)),
    "KiB": (Unit.BYTES, Decimal(2) ** 10),
    "MiB": (Unit.BYTES, Decimal(2) ** 20),
    "GiB": (Unit.BYTES, Decimal(2) ** 30),
    "kB": (Unit.BYTES, Decimal("1e3")),
    "MB": (Unit.BYTES, Decimal("1e6")),
    "GB": (Unit.BYTES, Decimal("1e9")),
    "/s": (Unit.PER_SECOND, Decimal(1)),
}
_DURATION_ALIASES: Final = {"m": "min"}  # `5m` is how Prometheus and everyone else writes a window
_WRITTEN: Final = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[A-Za-z%/]*)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in a base unit; ``unit`` is None for a bare number, which fits any signal."""

    value: float
    unit: Unit | None
    text: str

    def fits(self, unit: Unit) -> bool:
        """Whether the quantity may be compared with a signal of this unit."""
        return self.unit is None or self.unit is unit

    def __str__(self) -> str:
        return self.text


def parse_quantity(text: str) -> Quantity:
    """Read `95%`, `250ms`, `1.5s`, `5m`, `512MiB`, `40`. Raise ValueError with a sentence otherwise."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40")
    number, suffix = float(match["number"]), match["unit"]
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a finite number")
    if not suffix:
        return Quantity(number, None, text.strip())
    known = _FACTORS.get(_DURATION_ALIASES.get(suffix, suffix))
    if known is None:
        raise ValueError(f"{suffix!r} in {text!r} is not a unit; known are {', '.join(_FACTORS)}")
    unit, factor = known
    return Quantity(float(Decimal(match["number"]) * factor), unit, text.strip())  # 95 % is 0.95, exactly


def format_value(value: float, unit: Unit) -> str:
    """Return a value as a person says it: `4.2 s`, `95 %`, `310 ms`, `12`, `1.5 GiB`, `40/s`."""
    if math.isnan(value):
        return "NaN"
    match unit:
        case Unit.SECONDS:
            return _format_seconds(value)
        case Unit.RATIO:
            percent = value * 100
            return f"{percent:.0f}%" if abs(percent) >= 10 or percent == round(percent) else f"{percent:.1f}%"  # noqa: PLR2004 - two significant digits
        case Unit.COUNT:
            return _trim(f"{value:.1f}")
        case Unit.BYTES:
            return _format_bytes(value)
        case Unit.PER_SECOND:
            return f"{_trim(f'{value:.1f}')}/s"


def _format_seconds(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0 s"
    if size < 1:
        return f"{value * 1000:.3g} ms"
    if size < 120:  # noqa: PLR2004 - two minutes: beyond, seconds are no longer read at a glance
        return f"{_trim(f'{value:.1f}')} s"
    if size < 2 * 3600:
        return f"{value / 60:.0f} min"
    return f"{_trim(f'{value / 3600:.1f}')} h"


def _format_bytes(value: float) -> str:
    for suffix in ("GiB", "MiB", "KiB"):
        factor = float(_FACTORS[suffix][1])
        if abs(value) >= factor:
            return f"{_trim(f'{value / factor:.1f}')} {suffix}"
    return f"{value:.0f} B"


def _trim(text: str) -> str:
    trimmed = text.removesuffix(".0")
    return "0" if trimmed == "-0" else trimmed
