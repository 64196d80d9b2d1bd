"""What grows while it is watched: memory and descriptors; and what should not be there: swap, zombies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.processes.loop import parts_of
from fastdiag.collectors.processes.usage import ENDED, Usage
from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink
from fastdiag.host.net_tcp import ListenDrops, listen_drops
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

SECONDS_PER_HOUR: Final = 3600
NO_PAIR: Final = "no two samples of the same worker"
START_UP_S: Final = 30.0
"""Imports, pools, caches and models of first requests: the memory that a process takes in that time is no
build-up; and where workers die again and again, all are in it. Descriptors it opens few."""
STARTING: Final = f"all workers are younger than {START_UP_S:.0f} s: what they take is what a start takes"


class Growth:
    """Figures at the start of the window; the report compares them with those at its end."""

    def __init__(self, proc: Proc, local: Local, usage: Usage) -> None:
        self._proc = proc
        self._pids = (*local.workers, *((local.master,) if local.master else ()))
        self._usage = usage
        self._grown_up = {pid for pid, age_s in usage.ages().items() if age_s >= START_UP_S}
        self._memory = usage.memory()
        self._descriptors = usage.descriptors()
        self._drops = self._read_drops()
        self._started = time.monotonic()

    def report(self, sink: Sink) -> None:
        """Write how fast the workers grow, extrapolated from a short window, and what they left behind."""
        seconds = time.monotonic() - self._started
        memory = _paces(self._memory, self._usage.memory(), seconds / SECONDS_PER_HOUR)
        descriptors = _paces(self._descriptors, self._usage.descriptors(), seconds)
        bias = f"measured over {seconds:.1f} s only"
        self._report_memory(sink, memory, bias)
        if descriptors:
            by = parts_of(descriptors)
            sink.reading("process.fds.growth", max(descriptors.values()), by=by, bias=bias)
        else:
            sink.missing("process.fds.growth", Reason.ABSENT, NO_PAIR)
        self._report_swap(sink)
        self._report_zombies(sink)
        self._report_drops(sink, seconds)

    def _report_memory(self, sink: Sink, paces: Mapping[int, float], bias: str) -> None:
        settled = {pid: pace for pid, pace in paces.items() if pid in self._grown_up}
        if not settled:
            sink.missing("process.rss.growth", Reason.ABSENT, STARTING if paces else NO_PAIR)
            return
        rest = len(paces) - len(settled)
        without = f", without {rest} of {len(paces)} workers, which have just started" if rest else ""
        pace = sum(settled.values())
        sink.reading("process.rss.growth", pace, by=parts_of(settled), bias=f"{bias}{without}")

    def _report_swap(self, sink: Sink) -> None:
        swapped: dict[int, float] = {}
        refusal = None
        for pid in self._usage.workers:
            status = self._proc.status(pid)
            if isinstance(status, Unreadable):
                refusal = status
            elif status.swapped_bytes is not None:
                swapped[pid] = float(status.swapped_bytes)
        if swapped:
            sink.reading("process.swap", sum(swapped.values()), by=parts_of(swapped))
        elif refusal:
            say_unreadable(sink, refusal, "process.swap")
        elif not self._usage.workers:
            sink.missing("process.swap", Reason.ABSENT, ENDED)
        else:
            sink.missing("process.swap", Reason.ABSENT, "this kernel does not tell swapped memory by process")

    def _report_zombies(self, sink: Sink) -> None:
        """Count the ended children of the service's processes; any user may see them."""
        zombies: dict[int, float] = {}
        refusal = None
        for pid in self._pids:
            children = self._proc.children(pid)
            if isinstance(children, Unreadable):
                refusal = children
                continue
            stats = [self._proc.stat(child) for child in children]
            zombies[pid] = sum(not isinstance(stat, Unreadable) and stat.is_zombie for stat in stats)
        if zombies:
            by = [
                Part(labels=(("parent", str(pid)),), value=count) for pid, count in zombies.items() if count
            ]
            sink.reading("process.zombies", sum(zombies.values()), by=by)
        elif refusal:
            say_unreadable(sink, refusal, "process.zombies")

    def _read_drops(self) -> ListenDrops | Unreadable:
        """Read the totals of the service's own network namespace, by a process that still lives."""
        drops = [listen_drops(self._proc, pid) for pid in self._pids]
        return next((each for each in drops if isinstance(each, ListenDrops)), drops[0])

    def _report_drops(self, sink: Sink, seconds: float) -> None:
        before, after = self._drops, self._read_drops()
        if isinstance(before, Unreadable):
            say_unreadable(sink, before, "server.listen_overflows")
        elif isinstance(after, Unreadable):
            say_unreadable(sink, after, "server.listen_overflows")
        else:
            dropped = max(0, after.overflows - before.overflows)
            sink.reading("server.listen_overflows", dropped / seconds)


def _paces(before: Mapping[int, float], after: Mapping[int, float], time_passed: float) -> dict[int, float]:
    """Return the growth of each worker that was seen twice, by unit of time."""
    return {pid: (after[pid] - size) / time_passed for pid, size in before.items() if pid in after}
