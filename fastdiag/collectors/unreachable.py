"""A server from which nobody gets an answer, told from one that only we cannot reach."""

from __future__ import annotations

import errno
import socket
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

FROM_HERE: Final = "seen from where fastdiag runs: a firewall between looks the same"
_ON_THE_WAY: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT})


class Unreachable(SourceFailed):
    """Whoever asks gets no answer: it is down, full or not ready. ``doubt``: or it is only the way there."""

    def __init__(
        self, reason: Reason, detail: str, *, hint: str | None = None, doubt: str | None = None
    ) -> None:
        super().__init__(reason, detail, hint=hint)
        self.doubt = doubt


def no_connection(error: OSError, limit_s: float, *, hint: str) -> SourceFailed:
    """Return what it means that no connection came about within so many seconds.

    A name that is not known here, or a socket that is closed to us, says nothing of what others get.
    """
    match error:
        case socket.gaierror():
            where = "check the host name, and that it is known where fastdiag runs"
            return SourceFailed(Reason.FAILED, _said(error), hint=where)
        case PermissionError():
            return SourceFailed(Reason.DENIED, _said(error), hint="run as a user who may connect there")
        case TimeoutError():
            detail = f"no connection within {limit_s:.1f} s"
            return Unreachable(
                Reason.TIMED_OUT, detail, hint="check host, port and firewall", doubt=FROM_HERE
            )
        case _:
            doubt = FROM_HERE if error.errno in _ON_THE_WAY else None
            return Unreachable(Reason.FAILED, _said(error), hint=hint, doubt=doubt)


def doubt_of(failures: list[Unreachable]) -> str | None:
    """Return why none of these servers need be down; None when one of them certainly is."""
    doubts = [failure.doubt for failure in failures]
    return None if None in doubts else next(iter(doubts), None)


def _said(error: OSError) -> str:
    text = error.strerror or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
