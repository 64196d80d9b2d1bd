"""`--at`: the moment to look at, as people write one; it must lie in the past."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Final

from fastdiag.config.checks import Given
from fastdiag.model.quantity import Unit, parse_quantity

_HINT: Final = "write 2026-11-22T03:10:00Z, '2026-11-22 03:10' (local time), 2h ago or -2h"
_AGO: Final = re.compile(r"-\s*(?P<signed>\S+)|(?P<said>.+?)\s+ago", re.IGNORECASE)
_HAS_TIME: Final = re.compile(r"\S[T ]\d\d:?\d\d", re.IGNORECASE)
"""A day alone is no moment: midnight is hardly what is meant."""


def check_moment(given: Given | None, now: float | None = None) -> float | None:
    """Return a moment in seconds since the epoch; None where none is given.

    Without a zone it is local time, as a wall clock shows it.

    Raises:
        ConfigError: it is no moment, or it does not lie in the past.

    """
    if given is None:
        return None
    present = time.time() if now is None else now
    moment = _moment(given.text.strip(), present)
    if moment is None:
        raise given.error(f"must be a moment, and is {given.text!r}", _HINT)
    if not 0 < moment < present:
        raise given.error(f"must lie in the past, and is {given.text!r}", _HINT)
    return moment


def _moment(text: str, present: float) -> float | None:
    ago = _AGO.fullmatch(text)
    if ago:
        seconds = _seconds(ago["signed"] or ago["said"])
        return None if seconds is None else present - seconds
    if not _HAS_TIME.search(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):  # the last two: a year that the platform does not have
        return None


def _seconds(text: str) -> float | None:
    try:
        quantity = parse_quantity(text)
    except ValueError:
        return None
    return quantity.value if quantity.unit is Unit.SECONDS else None
