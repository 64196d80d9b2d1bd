"""Moments as stores keep them: seconds since the epoch."""

from __future__ import annotations

from fastdiag.errors import HistoryError
from fastdiag.model.history import Mark, Run
from fastdiag.model.moment import seconds_of


def taken_of(kept: Run | Mark) -> float:
    """Return when a run was taken, or a mark was set.

    Raises:
        HistoryError: it does not say so, as a snapshot that somebody wrote by hand.

    """
    text = kept.taken_at if isinstance(kept, Run) else kept.at
    seconds = seconds_of(text)
    if seconds is None:
        raise HistoryError(
            f"not kept: the snapshot does not say when it was taken ({text!r})",
            hint='"taken_at": "2026-11-22T03:14:07Z" says so',
        )
    return seconds


def since_of(since: float | None) -> float:
    """Return the moment from which on; without one the beginning of time."""
    return -1e18 if since is None else since
