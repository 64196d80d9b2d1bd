"""CPU, memory, descriptors and threads of the service's processes, as psutil has them on every platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psutil

from fastdiag.collectors.sink import Sink
from fastdiag.host.cgroup import cpu_quota_cores, usable_cores
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

NOBODY: Final = "no worker could be read"


class Usage:
    """CPU times at the start of the window; the report compares them with those at its end."""

    def __init__(self, local: Local) -> None:
        self._local = local
        pids = (*local.workers, *((local.master,) if local.master else ()))
        self._processes = {pid: process for pid in pids if (process := _process(pid))}
        self._cpu_before = {pid: _cpu_s(process) for pid, process in self._processes.items()}
        psutil.cpu_percent()  # the first call starts psutil's own window

    @property
    def alive(self) -> bool:
        """Whether any process of the service still exists."""
        return any(pid in self._processes for pid in self._local.workers)

    def report(self, sink: Sink, seconds: float) -> None:
        """Write what the processes used in a window of so many seconds."""
        self._report_cpu(sink, seconds)
        sink.reading("host.cpu", psutil.cpu_percent() / 100)
        self._report_size(sink)
        workers = [pid for pid in self._local.workers if pid in self._processes]
        sink.reading("workers.count", float(len(workers)))
        ages = self._each(lambda process: time.time() - process.create_time())
        if ages:
            sink.reading("workers.age", min(ages.values()), by=_parts(ages))

    def _report_cpu(self, sink: Sink, seconds: float) -> None:
        used = {
            pid: (after - before) / seconds
            for pid, process in self._processes.items()
            if (before := self._cpu_before[pid]) is not None and (after := _cpu_s(process)) is not None
        }
        workers = {pid: cores for pid, cores in used.items() if pid in self._local.workers}
        if not workers:
            sink.missing("service.cpu", Reason.DENIED, NOBODY)
            return
        sink.reading("service.cpu", sum(used.values()) / self._usable_cores())
        sink.reading("workers.cpu.max", max(workers.values()), by=_parts(workers))

    def _usable_cores(self) -> float:
        """Return the cores that the service can use: the tightest of quota, affinity and worker count.

        A worker runs Python on one core at a time, so workers beyond the cores and cores beyond the
        workers add nothing.
        """
        pid = self._local.workers[0]
        limits = (cpu_quota_cores(Proc(), pid), usable_cores(pid))
        known = [limit for limit in limits if limit is not None and not isinstance(limit, Unreadable)]
        return min(float(len(self._local.workers)), *known)

    def _report_size(self, sink: Sink) -> None:
        memory = self._each(lambda process: float(process.memory_info().rss))
        threads = self._each(lambda process: float(process.num_threads()))
        fds = self._each(lambda process: float(process.num_fds()))
        if memory:
            sink.reading("process.rss", sum(memory.values()), by=_parts(memory))
        if threads:
            sink.reading("process.threads", max(threads.values()), by=_parts(threads))
        if fds:
            sink.reading("process.fds", max(fds.values()), by=_parts(fds))
        else:
            sink.missing("process.fds", Reason.DENIED, "descriptors of another user's processes")
        self._report_fd_limit(sink, fds)

    def _report_fd_limit(self, sink: Sink, fds: dict[int, float]) -> None:
        proc = Proc()
        limits = {
            pid: limit for pid in fds if isinstance(limit := proc.fd_soft_limit(pid), int) and limit > 0
        }
        if not limits:
            sink.missing("process.fds.utilization", Reason.ABSENT, "the limit on descriptors cannot be read")
            return
        shares = {pid: fds[pid] / limit for pid, limit in limits.items()}
        sink.reading("process.fds.utilization", max(shares.values()), by=_parts(shares))

    def _each(self, read: Callable[[psutil.Process], float]) -> dict[int, float]:
        """Return a figure of every worker that still exists and may be read."""
        figures = {}
        for pid in self._local.workers:
            process = self._processes.get(pid)
            value = _or_none(read, process) if process else None
            if value is not None:
                figures[pid] = value
        return figures


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _cpu_s(process: psutil.Process) -> float | None:
    return _or_none(lambda p: p.cpu_times().user + p.cpu_times().system, process)


def _or_none(read: Callable[[psutil.Process], float], process: psutil.Process) -> float | None:
    try:
        return read(process)
    except (psutil.Error, OSError):  # gone, a zombie, another user's: its figure is not known
        return None


def _parts(figures: dict[int, float]) -> tuple[Part, ...]:
    worst_first = sorted(figures.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(labels=(("worker", str(pid)),), value=value) for pid, value in worst_first)
