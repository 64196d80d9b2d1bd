"""The machine under the service: what its control group may use, and what all programs together need.

Everything that counts up is read twice. Limits are those of the service's own control group, found through
one of its processes; nothing here needs a privilege.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.collectors import oom_kills
from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.cgroup import CpuThrottling, cpu_quota_cores, cpu_throttling
from fastdiag.host.control_groups import CGROUP_ROOT, groups_of
from fastdiag.host.machine import CpuTimes, Memory, Resource, cpu_times, memory, pressure, swapped_pages
from fastdiag.host.memory_group import GroupMemory, group_memory
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import NEEDS_LINUX, Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local, Target

LEAST_WINDOW_S: Final = 0.2
"""CPU times come in ticks of 10 ms, and control groups count periods of 100 ms."""
SPARE_S: Final = 0.3
"""Kept back from the time left, for computing and handing over."""
HIDDEN_QUOTA: Final = "no CPU quota is set here; one above the container cannot be seen from inside it"
NO_MEMORY_LIMIT: Final = "no memory limit is set for the service's control group; see host.memory"
THROTTLING: Final = ("host.throttled.ratio", "host.throttled.time")
IDLE: Final = frozenset({"idle", "iowait", "steal"})
"""What no program of this machine has used."""


def collect(target: Target, sink: Sink, proc: Proc | None = None, cgroup_root: Path = CGROUP_ROOT) -> None:
    """Read the machine and the service's control group twice, and report what happened in between."""
    if target.local is None:
        raise SourceSkipped(
            "no process of the service was found here, so this need not be its machine",
            hint="run fastdiag where the service runs, or name it with --pid PID",
        )
    host = _Host(proc or Proc(), _member(target.local), cgroup_root)
    sink.target = f"this machine, by pid {host.pid}"
    if not host.proc.is_there():
        _report_by_psutil(sink)
        return
    window_s = min(target.sample_gap_s, sink.remaining() - SPARE_S)
    if window_s < LEAST_WINDOW_S:
        raise SourceFailed(Reason.TIMED_OUT, "no time left for two samples", hint="raise --deadline")
    before = host.look()
    machine = memory(host.proc)
    _report_machine_memory(sink, machine)
    _report_limit(sink, before.memory, machine)
    time.sleep(window_s)
    after = host.look()
    _report_machine(sink, before, after)
    _report_throttling(sink, host, before, after)
    oom_kills.report(sink, host.proc, host.pid, before.memory, after.memory, target.window_s)
    _report_pressure(sink, host)


def _member(local: Local) -> int:
    """Return a process of the service by which its control group is known.

    The master, where there is one: it outlives the workers, which die in just the incidents that matter.
    """
    return local.master or (local.workers[0] if local.workers else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What counts up, at one moment (``at``: of the monotonic clock)."""

    at: float
    cpu: CpuTimes | Unreadable
    swapped: int | Unreadable
    throttling: CpuThrottling | Unreadable
    memory: GroupMemory | Unreadable


@dataclass(frozen=True, slots=True)
class _Host:
    """Where to look: a /proc, a member of the service's control group, and where these are mounted."""

    proc: Proc
    pid: int
    cgroup_root: Path

    def look(self) -> _Look:
        return _Look(
            at=time.monotonic(),
            cpu=cpu_times(self.proc),
            swapped=swapped_pages(self.proc),
            throttling=cpu_throttling(self.proc, self.pid, self.cgroup_root),
            memory=group_memory(self.proc, self.pid, self.cgroup_root),
        )

    def quota(self) -> float | Unreadable | None:
        return cpu_quota_cores(self.proc, self.pid, self.cgroup_root)

    def hides_parents(self) -> bool:
        groups = groups_of(self.proc, self.pid, "cpu", self.cgroup_root)
        return isinstance(groups, Unreadable) or any(group.hides_parents for group in groups)


def _report_by_psutil(sink: Sink) -> None:
    """Write what every platform tells; the rest is Linux's."""
    import psutil  # noqa: PLC0415 - only where there is no /proc

    sink.reading("host.cpu", psutil.cpu_percent(interval=min(0.5, sink.remaining(0.5))) / 100)
    sink.reading("host.memory", psutil.virtual_memory().percent / 100)
    seen = {"host.cpu", "host.memory"}
    rest = [signal.id for signal in sink.catalogue.of(sink.source) if signal.id not in seen]
    say_unreadable(sink, NEEDS_LINUX, *rest)


def _report_machine_memory(sink: Sink, found: Memory | Unreadable) -> None:
    if isinstance(found, Unreadable):
        say_unreadable(sink, found, "host.memory")
    else:
        sink.reading("host.memory", 1 - found.available_bytes / found.total_bytes)


def _report_limit(sink: Sink, group: GroupMemory | Unreadable, machine: Memory | Unreadable) -> None:
    """Write what the service may use: its group's limit, else all of the machine's memory."""
    total = math.inf if isinstance(machine, Unreadable) else machine.total_bytes
    limit = None if isinstance(group, Unreadable) else group.limit_bytes
    whose = "the machine" if limit is None or limit > total else "the service's control group"
    available = min(total, limit or math.inf)
    if math.isfinite(available):
        sink.reading("process.rss.limit", available, by=[Part(labels=(("of", whose),), value=available)])
    else:
        sink.missing("process.rss.limit", Reason.ABSENT, "neither a limit nor the machine's memory is told")
    if isinstance(group, Unreadable):
        say_unreadable(sink, group, "process.memory.utilization")
    elif group.limit_bytes is None:
        sink.missing("process.memory.utilization", Reason.ABSENT, NO_MEMORY_LIMIT)
    else:
        sink.reading("process.memory.utilization", group.utilization)


def _report_machine(sink: Sink, before: _Look, after: _Look) -> None:
    signals = ("host.cpu", "host.iowait", "host.steal")
    if isinstance(before.cpu, Unreadable):
        say_unreadable(sink, before.cpu, *signals)
    elif isinstance(after.cpu, Unreadable):
        say_unreadable(sink, after.cpu, *signals)
    elif (shares := after.cpu.shares_since(before.cpu)) is None:
        for signal in signals:
            sink.missing(signal, Reason.ABSENT, "the machine's clock of CPU time stands still")
    else:
        sink.reading("host.cpu", sum(share for kind, share in shares.items() if kind not in IDLE))
        sink.reading("host.iowait", shares.get("iowait", 0.0))
        sink.reading("host.steal", shares.get("steal", 0.0))
    _report_swapping(sink, before, after)


def _report_swapping(sink: Sink, before: _Look, after: _Look) -> None:
    if isinstance(before.swapped, Unreadable):
        say_unreadable(sink, before.swapped, "host.swap.rate")
    elif isinstance(after.swapped, Unreadable):
        say_unreadable(sink, after.swapped, "host.swap.rate")
    else:
        pages = max(0, after.swapped - before.swapped)
        sink.reading("host.swap.rate", pages / (after.at - before.at))


def _report_throttling(sink: Sink, host: _Host, before: _Look, after: _Look) -> None:
    """Write how often the service was denied the CPU. Without a quota it never is: that is known, and 0."""
    quota = host.quota()
    if isinstance(quota, Unreadable):
        say_unreadable(sink, quota, *THROTTLING)
    elif quota is None:
        for signal in THROTTLING:
            sink.reading(signal, 0.0, bias=HIDDEN_QUOTA if host.hides_parents() else None)
    elif isinstance(before.throttling, Unreadable):
        say_unreadable(sink, before.throttling, *THROTTLING)
    elif isinstance(after.throttling, Unreadable):
        say_unreadable(sink, after.throttling, *THROTTLING)
    else:
        first, last = before.throttling, after.throttling
        # Periods without work are not counted: none at all means that nothing was throttled.
        periods = max(1, last.periods - first.periods)
        throttled = max(0, last.throttled_periods - first.throttled_periods)
        by = [Part(labels=(("quota", f"{quota:g} cores"),), value=throttled / periods)]
        sink.reading("host.throttled.ratio", throttled / periods, by=by)
        denied_s = max(0.0, last.throttled_s - first.throttled_s)
        sink.reading("host.throttled.time", denied_s / (after.at - before.at))


def _report_pressure(sink: Sink, host: _Host) -> None:
    for resource in Resource:
        signal = f"host.pressure.{resource}"
        found = pressure(host.proc, host.pid, resource, host.cgroup_root)
        if isinstance(found, Unreadable):
            say_unreadable(sink, found, signal)
            continue
        whose = "the service's control group" if found.is_of_group else "the whole machine"
        sink.reading(signal, found.share, by=[Part(labels=(("of", whose),), value=found.share)])
