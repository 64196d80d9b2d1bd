"""A master without a worker at the moment: all have died, and their successors are on their way, or not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fastdiag.collectors.processes.loop import parts_of
from fastdiag.collectors.processes.usage import living
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.servers import server_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Range, Reason
from fastdiag.model.target import Local

ALL_GONE: Final = "no worker lives, and none was started while the master was watched"
UNCOUNTED: Final = "at least: those that had died before the master was watched are not counted"


def with_living_workers(proc: Proc, local: Local) -> Local:
    """Return the server with the workers that it has now, where none of those that were found lives."""
    if local.master is None or any(living(pid) for pid in local.workers):
        return local
    return replace(local, workers=workers_of(proc, local.master))


def workers_of(proc: Proc, master: int) -> tuple[int, ...]:
    """Return the workers that a master has now."""
    server = server_of(proc, master)
    if isinstance(server, Unreadable) or server.master_pid != master:
        return ()
    return server.workers


def report(sink: Sink, proc: Proc, master: int, main_age: float | None, start_s: float) -> None:
    """Write which workers have come to a master that had none, and whether they replace others.

    A master that is older than ``start_s`` had workers before: whatever comes replaces them.
    """
    ages = _ages(proc, workers_of(proc, master))
    came = float(len(ages))
    sink.reading("workers.count", came, window=Range(lowest=0.0, highest=came, samples=2))
    if not ages:
        sink.missing("workers.restarts", Reason.ABSENT, ALL_GONE)
        return
    sink.reading("workers.age", min(ages.values()), by=parts_of(ages))
    sink.reading("workers.age.oldest", max(ages.values()), by=parts_of(ages))
    replaced = sum(main_age is not None and main_age - age > start_s for age in ages.values())
    bias = UNCOUNTED if replaced else None
    sink.reading("workers.restarts", float(replaced), by=parts_of(ages), bias=bias, bound=Bound.AT_LEAST)


def _ages(proc: Proc, pids: tuple[int, ...]) -> Mapping[int, float]:
    stats = {pid: proc.stat(pid) for pid in pids}
    return {
        pid: max(0.0, time.time() - stat.started_at)
        for pid, stat in stats.items()
        if not isinstance(stat, Unreadable)
    }
