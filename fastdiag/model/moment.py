"""Moments: seconds since the epoch to reckon with, ISO 8601 in UTC to keep and to show."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds_of(text: str) -> float | None:
    """Return a moment in seconds since the epoch; None for what is none. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):  # the last two: a year that the platform does not have
        return None


def iso_of(seconds: float) -> str:
    """Return a moment as `2026-11-22T03:14:07Z`. Raise ValueError for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds:g} s is a moment that no calendar has") from error
