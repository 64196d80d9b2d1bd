"""The CPU that the service's database uses, where its server runs on this machine: from the process table."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Final

from fastdiag.collectors.processes.figures import Unseen, say_missing
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Reason

CORES: Final = "db.server.cores"
ELSEWHERE: Final = Unseen(
    Reason.ABSENT, "the database's server was not found on this machine; --postgres shows what it does"
)
LEAST_WINDOW_S: Final = 0.2
"""CPU times come in ticks of 10 ms: over a shorter window a share of a core would be noise."""


class DatabaseCpu:
    """CPU times of the servers and their sessions when they were first seen; compared with those at the end.

    Who waits for a lock or for its client uses none of it, who searches and sorts does. A session that ends
    within the window takes what it used along.
    """

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._before: Mapping[int, float] | None = None
        self._servers: tuple[int, ...] = ()
        self._started = 0.0

    def note(self, servers: Collection[int]) -> None:
        """Start to watch the servers (their main processes) to which the service is connected."""
        if servers and self._before is None:
            self._servers = tuple(servers)
            self._before, self._started = self._read(), time.monotonic()

    def report(self, sink: Sink, *, unseen: Unseen | None) -> None:
        """Write how many cores they have used since."""
        seconds = time.monotonic() - self._started
        if unseen or not self._before or seconds < LEAST_WINDOW_S:
            say_missing(sink, unseen or ELSEWHERE, CORES)
            return
        after = self._read()
        used = sum(cpu_s - self._before.get(pid, 0.0) for pid, cpu_s in after.items())
        sink.reading(CORES, used / seconds, bound=Bound.AT_LEAST)

    def _read(self) -> dict[int, float]:
        """Return the CPU time of each server and of each of its sessions."""
        found = {}
        for server in self._servers:
            children = self._proc.children(server)
            for pid in (server, *(() if isinstance(children, Unreadable) else children)):
                stat = self._proc.stat(pid)
                if not isinstance(stat, Unreadable):
                    found[pid] = stat.cpu_s
        return found
