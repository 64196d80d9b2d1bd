"""CPU, memory, descriptors and threads of the service's processes, as psutil has them on every platform."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import psutil

from fastdiag.collectors.sink import Sink
from fastdiag.host.cgroup import cpu_quota_cores, usable_cores
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

ENDED: Final = "the workers have ended"


class Usage:
    """CPU times at the start of the window; the report compares them with those at its end."""

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._local = local
        pids = (*local.workers, *((local.master,) if local.master else ()))
        self._processes = {pid: process for pid in pids if (process := living(pid))}
        self._born = {pid: _or_none(_created, process) for pid, process in self._processes.items()}
        self._cpu_before = {pid: _or_none(_cpu_s, process) for pid, process in self._processes.items()}
        self._limits = list(self._cpu_limits()) or [float(os.cpu_count() or 1)]
        psutil.cpu_percent()  # the first call starts psutil's own window
        self._started = time.monotonic()

    @property
    def workers(self) -> tuple[int, ...]:
        """The workers that exist now; a zombie does not."""
        return tuple(pid for pid in self._local.workers if self._exists(pid))

    @property
    def has_master(self) -> bool:
        """Whether the process that supervises the workers exists."""
        return self._local.master is not None and self._exists(self._local.master)

    def cores(self) -> dict[int, float]:
        """Return the CPU that each process, the master too, has used since the start, in cores."""
        seconds = time.monotonic() - self._started
        used = {}
        for pid, process in self._processes.items():
            before, after = self._cpu_before[pid], _or_none(_cpu_s, process)
            if before is not None and after is not None and self._exists(pid):
                used[pid] = (after - before) / seconds
        return used

    def report(self, sink: Sink) -> None:
        """Write what the processes used since the start."""
        self._report_cpu(sink, self.cores())
        sink.reading("host.cpu", psutil.cpu_percent() / 100)
        self._report_size(sink)
        sink.reading("workers.count", float(len(self.workers)))
        sink.reading("service.cores", min(self._limits))

    def ages(self) -> dict[int, float]:
        """Return the ages in seconds of the master and the workers that live."""
        now = time.time()
        ages = {pid: _or_none(lambda p: now - p.create_time(), each) for pid, each in self._processes.items()}
        return {pid: max(0.0, age) for pid, age in ages.items() if age is not None and self._exists(pid)}

    def ended_ages(self) -> dict[int, float]:
        """Return how old in seconds the workers would be now that have ended since the start."""
        now = time.time()
        ended = {pid: self._born.get(pid) for pid in self._local.workers if not self._exists(pid)}
        return {pid: max(0.0, now - born) for pid, born in ended.items() if born is not None}

    def memory(self) -> dict[int, float]:
        """Return the resident memory of each worker, in bytes."""
        return self._each(lambda process: float(process.memory_info().rss))

    def descriptors(self) -> dict[int, float]:
        """Return the number of open descriptors of each worker."""
        return self._each(lambda process: float(process.num_fds())) or self._fd_counts()

    def _report_cpu(self, sink: Sink, cores: Mapping[int, float]) -> None:
        workers = {pid: used for pid, used in cores.items() if pid in self._local.workers}
        if not workers:
            for signal in ("service.cpu", "workers.cpu.max"):
                sink.missing(signal, Reason.ABSENT, ENDED)
            return
        lost = len(self._local.workers) - len(workers)
        bias = f"without {lost} of {lost + len(workers)} workers, which ended meanwhile" if lost else None
        # A worker runs Python on one core at a time, so workers beyond the cores and cores beyond the
        # workers add nothing.
        usable = min([float(len(workers)), *self._limits])
        sink.reading("service.cpu", sum(cores.values()) / usable, bias=bias)
        sink.reading("workers.cpu.max", max(workers.values()), by=_parts(workers), bias=bias)

    def _cpu_limits(self) -> Iterable[float]:
        """Yield quota and affinity, of a worker that can be asked: they are the same for all."""
        for pid in self._processes:
            limits = (cpu_quota_cores(self._proc, pid), usable_cores(pid))
            known = [
                float(limit) for limit in limits if limit is not None and not isinstance(limit, Unreadable)
            ]
            if known:
                yield from known
                return

    def _report_size(self, sink: Sink) -> None:
        memory = self.memory()
        threads = self._each(lambda process: float(process.num_threads()))
        fds = self.descriptors()
        if memory:
            sink.reading("process.rss", sum(memory.values()), by=_parts(memory))
        if threads:
            sink.reading("process.threads", max(threads.values()), by=_parts(threads))
        if not fds:
            why = "descriptors of another user's processes" if self.workers else ENDED
            reason = Reason.DENIED if self.workers else Reason.ABSENT
            for signal in ("process.fds", "process.fds.limit", "process.fds.utilization"):
                sink.missing(signal, reason, why)
            return
        sink.reading("process.fds", max(fds.values()), by=_parts(fds))
        self._report_fd_limit(sink, fds)

    def _fd_counts(self) -> dict[int, float]:
        """Return the number of descriptors as the kernel tells it to any user, from Linux 6.2 on."""
        counts = {pid: self._proc.fd_count(pid) for pid in self.workers}
        return {pid: float(count) for pid, count in counts.items() if not isinstance(count, Unreadable)}

    def _report_fd_limit(self, sink: Sink, fds: Mapping[int, float]) -> None:
        told = {pid: self._proc.fd_soft_limit(pid) for pid in fds}
        limits = {pid: limit for pid, limit in told.items() if isinstance(limit, int) and limit > 0}
        if not limits:
            why = next(
                (limit.detail for limit in told.values() if isinstance(limit, Unreadable)), "unlimited"
            )
            for signal in ("process.fds.limit", "process.fds.utilization"):
                sink.missing(signal, Reason.ABSENT, f"the limit on descriptors cannot be told: {why}")
            return
        shares = {pid: fds[pid] / limit for pid, limit in limits.items()}
        sink.reading("process.fds.limit", float(min(limits.values())))
        sink.reading("process.fds.utilization", max(shares.values()), by=_parts(shares))

    def _each(self, read: Callable[[psutil.Process], float]) -> dict[int, float]:
        """Return a figure of every worker that still exists and may be read."""
        figures = {pid: _or_none(read, self._processes[pid]) for pid in self.workers}
        return {pid: value for pid, value in figures.items() if value is not None}

    def _exists(self, pid: int) -> bool:
        process = self._processes.get(pid)
        return process is not None and _is_alive(process)


def living(pid: int) -> psutil.Process | None:
    """Return a process that has not ended; a zombie has."""
    try:
        process = psutil.Process(pid)
    except psutil.Error:
        return None
    return process if _is_alive(process) else None


def _is_alive(process: psutil.Process) -> bool:
    """Whether it still runs: neither ended, nor a zombie, nor another process under the same id."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _created(process: psutil.Process) -> float:
    return process.create_time()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _or_none(read: Callable[[psutil.Process], float], process: psutil.Process) -> float | None:
    try:
        return read(process)
    except (psutil.Error, OSError):  # gone, a zombie, another user's: its figure is not known
        return None


def _parts(figures: Mapping[int, float]) -> tuple[Part, ...]:
    worst_first = sorted(figures.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(labels=(("worker", str(pid)),), value=value) for pid, value in worst_first)
