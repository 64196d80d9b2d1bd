"""The queue workers on this machine: how many processes take tasks, and how many work on one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from fastdiag.collectors.processes.figures import MAX_PARTS, median, range_of
from fastdiag.collectors.processes.loop import LOCKS
from fastdiag.collectors.processes.threads import PIPE_READS
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueKind
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Part, Reason
from fastdiag.model.target import Local

BUSY_CORES: Final = 0.1
"""An idle worker polls its broker, which takes far less of a core."""
BY_CPU: Final = "at least that: a task that waits uses no CPU, and only Celery's and RQ's processes show it"


class QueueWatch:
    """Samples the processes that take tasks, each kind by what shows a task there.

    Celery's child without a task waits in a pipe, or for the lock on it; RQ's worker with one has a child in
    a process group of its own. Dramatiq and arq wait for tasks as they wait in tasks: there CPU has to do.
    """

    def __init__(self, proc: Proc, locals_: Sequence[Local]) -> None:
        self._proc = proc
        self._locals = locals_
        self._cpu_s = {pid: self._used(pid) for local in locals_ for pid in local.workers}
        self._started = time.monotonic()
        self._busy: list[Counter[str]] = []
        self._is_denied = False

    def sample(self) -> None:
        """Note which of them have a task now, as far as their states tell."""
        busy: Counter[str] = Counter()
        for local in self._locals:
            busy[local.kind] += sum(self._has_task(local, pid) for pid in local.workers)
        self._busy.append(busy)

    def report(self, sink: Sink) -> None:
        """Write both figures; nothing where no such program was found here."""
        if not self._locals:
            for signal in ("queue.processes", "queue.processes.busy"):
                sink.missing(signal, Reason.ABSENT, "no Celery, RQ, Dramatiq or arq worker was found here")
            return
        alive = {
            local: [pid for pid in local.workers if self._used(pid) is not None] for local in self._locals
        }
        by = [
            Part(labels=(("app", local.app or "?"), ("kind", local.kind)), value=float(len(pids)))
            for local, pids in alive.items()
        ]
        sink.reading("queue.processes", float(sum(map(len, alive.values()))), by=by[:MAX_PARTS])
        by_cpu = self._busy_by_cpu()
        counts = [(busy | by_cpu).total() for busy in self._busy] or [by_cpu.total()]
        exact = all(self._shows_tasks(local) for local in self._locals) and not self._is_denied
        sink.reading(
            "queue.processes.busy",
            median(counts),
            window=range_of(counts),
            bias=None if exact else BY_CPU,
            bound=Bound.AT_LEAST,
        )

    def _has_task(self, local: Local, pid: int) -> bool:
        match local.kind:
            case QueueKind.CELERY.value if local.master is not None:
                channel = self._proc.wchan(pid)
                self._is_denied |= isinstance(channel, Unreadable)
                return isinstance(channel, str) and not channel.startswith((*PIPE_READS, LOCKS))
            case QueueKind.RQ.value:
                return self._has_work_horse(pid)
            case _:
                return False

    def _has_work_horse(self, pid: int) -> bool:
        children = self._proc.children(pid)
        if isinstance(children, Unreadable):
            self._is_denied |= children.reason is not children.reason.GONE
            return False
        for child in children:
            stat = self._proc.stat(child)
            if not isinstance(stat, Unreadable) and not stat.is_zombie and stat.group == child:
                return True
        return False

    def _shows_tasks(self, local: Local) -> bool:
        return local.kind == QueueKind.RQ.value or (
            local.kind == QueueKind.CELERY.value and local.master is not None
        )

    def _busy_by_cpu(self) -> Counter[str]:
        seconds = max(time.monotonic() - self._started, 0.01)
        busy: Counter[str] = Counter()
        for local in self._locals:
            for pid in local.workers:
                before, after = self._cpu_s.get(pid), self._used(pid)
                if before is not None and after is not None:
                    busy[local.kind] += (after - before) / seconds >= BUSY_CORES
        return busy

    def _used(self, pid: int) -> float | None:
        """Return the CPU time of a process; None: it has ended."""
        stat = self._proc.stat(pid)
        return None if isinstance(stat, Unreadable) or stat.is_zombie else stat.cpu_s
