"""Reading how often and from when, and writing it as crontab and systemd do."""

from __future__ import annotations

import re
import zlib
from typing import Final

from fastdiag.errors import ConfigError
from fastdiag.model.quantity import Unit, parse_quantity
from fastdiag.model.schedule import DAY_MIN, HOUR_MIN, WEEK_MIN, Rhythm

EARLY_MIN: Final = 6 * HOUR_MIN
"""When a daily or weekly report is taken if nobody says so: it is there before people are."""
PERIODS_MIN: Final = (
    *(minutes for minutes in range(1, HOUR_MIN + 1) if HOUR_MIN % minutes == 0),
    *(hours * HOUR_MIN for hours in range(2, 25) if 24 % hours == 0),
    WEEK_MIN,
)
"""What five fields of a crontab can say without an odd gap at the end of the hour or the day."""
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MINUTE_S: Final = 60
_HINT: Final = "such as 5m, 15m, 1h, 6h, 1d or 7d"


def rhythm(every: str, start: str | None, name: str) -> Rhythm:
    """Return how often, as `15m`, and from when, as `07:30`.

    Without a start it follows from the name of the job, so that many jobs do not all run at the full hour.

    Raises:
        ConfigError: a crontab cannot say it; the hint names what is nearest.

    """
    every_min = _every_min(every)
    if start is not None:
        return Rhythm(every_min=every_min, start_min=_start_min(start), is_fixed=True)
    minute = zlib.crc32(name.encode("utf-8", "surrogateescape")) % min(every_min, HOUR_MIN)
    return Rhythm(every_min=every_min, start_min=minute + (EARLY_MIN if every_min >= DAY_MIN else 0))


def _every_min(text: str) -> int:
    try:
        quantity = parse_quantity(text)
    except ValueError:
        quantity = None
    if quantity is None or quantity.unit is not Unit.SECONDS:
        raise ConfigError(f"--every must be a duration, and is {text!r}", hint=_HINT)
    minutes = quantity.value / _MINUTE_S
    if minutes in PERIODS_MIN:
        return int(minutes)
    near = min(PERIODS_MIN, key=lambda known: abs(known - minutes))
    raise ConfigError(
        f"--every must divide an hour or a day, or be a week, and is {text!r}",
        hint=f"the nearest is {_said(near)}; {_HINT}",
    )


def _said(minutes: int) -> str:
    for size, letter in ((DAY_MIN, "d"), (HOUR_MIN, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{letter}"
    return f"{minutes}m"


def _start_min(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ConfigError(f"--start must be a time of day, and is {text!r}", hint="such as 07:30")
    return int(match[1]) * HOUR_MIN + int(match[2])


def crontab_fields(often: Rhythm) -> str:
    """Return the five fields of a crontab: minute, hour, day of the month, month, day of the week."""
    if often.every_min < HOUR_MIN:
        return f"{_steps(often.minute, often.every_min, HOUR_MIN)} * * * *"
    if often.every_min < DAY_MIN:
        return f"{often.minute} {_steps(often.hour, often.every_min // HOUR_MIN, 24)} * * *"
    return f"{often.minute} {often.hour} * * {'1' if often.every_min == WEEK_MIN else '*'}"


def _steps(first: int, step: int, size: int) -> str:
    if step == 1:
        return "*"
    return f"{first}-{size - 1}/{step}" if first else f"*/{step}"


def calendar(often: Rhythm) -> str:
    """Return the calendar event of systemd, see systemd.time(7)."""
    minute = f"{often.minute:02d}"
    if often.every_min < HOUR_MIN:
        return f"*-*-* *:{minute}/{often.every_min}:00"
    if often.every_min < DAY_MIN:
        return f"*-*-* {often.hour:02d}/{often.every_min // HOUR_MIN}:{minute}:00"
    return f"{'Mon ' if often.every_min == WEEK_MIN else ''}*-*-* {often.hour:02d}:{minute}:00"
