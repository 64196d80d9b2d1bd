"""Outgoing connections that came to nothing: refused at once, they leave no socket that a look could meet."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink
from fastdiag.host.net_tcp import failed_connects
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound
from fastdiag.model.target import Local

FAILED_CONNECTS: Final = "process.connects.failed"
OF_ALL: Final = "at most that: the kernel counts them for all programs of the machine together"
INIT: Final = 1
"""Process id of what a container was made for."""


class Attempts:
    """The kernel's count at the start of the window; the report compares it with the one at its end.

    It counts for all programs of a network namespace: in a container those are the service's own, on a
    machine or in a pod's shared one they need not be.
    """

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._pids = (*local.workers, *((local.master,) if local.master else ()))
        self._before = self._read()
        self._started = time.monotonic()

    def report(self, sink: Sink) -> None:
        """Write how many a second failed."""
        before, after = self._before, self._read()
        if isinstance(before, Unreadable):
            say_unreadable(sink, before, FAILED_CONNECTS)
        elif isinstance(after, Unreadable):
            say_unreadable(sink, after, FAILED_CONNECTS)
        else:
            seconds = time.monotonic() - self._started
            failed = max(0, after - before) / seconds
            bias = OF_ALL if failed and self._has_company() else None
            sink.reading(FAILED_CONNECTS, failed, bias=bias, bound=Bound.AT_MOST)

    def _has_company(self) -> bool:
        """Whether programs beside the service may share its network: they do unless it has one of its own."""
        is_ours = any(self._proc.shares_network(pid) is True for pid in self._pids)
        return is_ours and INIT not in self._pids

    def _read(self) -> int | Unreadable:
        """Read the total by a process that still lives."""
        totals = [failed_connects(self._proc, pid) for pid in self._pids]
        return next((each for each in totals if isinstance(each, int)), totals[0])
