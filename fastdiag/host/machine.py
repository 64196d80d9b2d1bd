"""Figures of the whole machine from /proc: CPU time by kind, memory, swapping, pressure (PSI)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.host.control_groups import CGROUP_ROOT, groups_of, read_text
from fastdiag.host.proc import Proc
from fastdiag.host.proc_formats import BYTES_PER_KIB
from fastdiag.host.unreadable import Reason, Unreadable

PERCENT: Final = 100
_FIELDS: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Of the first line of /proc/stat; guest time, which follows, is part of user time already."""
_NO_PRESSURE: Final = Unreadable(reason=Reason.ABSENT, detail="this kernel tells no pressure (PSI)")


class Resource(StrEnum):
    """What processes can wait for under pressure."""

    CPU = "cpu"
    MEMORY = "memory"
    IO = "io"


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTimes:
    """Clock ticks of all CPUs together since boot, by what they did."""

    ticks: Mapping[str, int]

    def shares_since(self, before: "CpuTimes") -> Mapping[str, float] | None:
        """Return the share of each kind since an earlier reading; None if no time has passed."""
        spent = {name: max(0, count - before.ticks[name]) for name, count in self.ticks.items()}
        total = sum(spent.values())
        return {name: count / total for name, count in spent.items()} if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The machine's memory; available is what programs could still get without swapping."""

    total_bytes: int
    available_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """Share of the last 10 s in which at least one task waited for a resource, and whose tasks."""

    share: float
    is_of_group: bool


def cpu_times(proc: Proc) -> CpuTimes | Unreadable:
    """Return the CPU time that all processors have spent."""
    text = proc.system("stat")
    if isinstance(text, Unreadable):
        return text
    try:
        fields = text.splitlines()[0].split()[1:]
        return CpuTimes(ticks={name: int(value) for name, value in zip(_FIELDS, fields, strict=False)})
    except (IndexError, ValueError):
        return _malformed("stat")


def memory(proc: Proc) -> Memory | Unreadable:
    """Return how much memory there is, and how much is available (Linux 3.14 and later)."""
    text = proc.system("meminfo")
    if isinstance(text, Unreadable):
        return text
    try:
        fields = dict(line.split()[:2] for line in text.splitlines() if line)
        total, available = (int(fields[name]) * BYTES_PER_KIB for name in ("MemTotal:", "MemAvailable:"))
    except (KeyError, ValueError):
        return _malformed("meminfo")
    return Memory(total_bytes=total, available_bytes=available) if total else _malformed("meminfo")


def swapped_pages(proc: Proc) -> int | Unreadable:
    """Return how many pages were swapped in and out since boot."""
    text = proc.system("vmstat")
    if isinstance(text, Unreadable):
        return text
    try:
        fields = dict(line.split() for line in text.splitlines())
        return int(fields["pswpin"]) + int(fields["pswpout"])
    except (KeyError, ValueError):
        return _malformed("vmstat")


def pressure(
    proc: Proc, pid: int, resource: Resource, cgroup_root: Path = CGROUP_ROOT
) -> Pressure | Unreadable:
    """Return the pressure on a process's control group (version 2), else on the machine."""
    groups = groups_of(proc, pid, resource.value, cgroup_root)
    for group in () if isinstance(groups, Unreadable) else groups:
        if group.version > 1 and not group.is_root:
            share = _some(_text_or_none(group.own / f"{resource}.pressure"))
            if share is not None:
                return Pressure(share=share, is_of_group=True)
    text = proc.system(f"pressure/{resource}")
    if isinstance(text, Unreadable):
        is_refused = text.reason in {Reason.DENIED, Reason.FAILED} or not proc.is_there()
        return text if is_refused else _NO_PRESSURE
    share = _some(text)
    return _malformed("pressure") if share is None else Pressure(share=share, is_of_group=False)


def _some(text: str | None) -> float | None:
    """Read avg10 of the line "some avg10=1.50 avg60=... total=..."."""
    words = text.split() if text else []
    if words[:1] != ["some"]:
        return None
    fields = dict(word.split("=", 1) for word in words if "=" in word)
    try:
        return float(words[1].removeprefix("avg10=")) / PERCENT if "avg10" in fields else None
    except ValueError:
        return None


def _text_or_none(path: Path) -> str | None:
    try:
        return read_text(path)
    except OSError:  # switched off, or an older kernel
        return None


def _malformed(name: str) -> Unreadable:
    return Unreadable(reason=Reason.FAILED, detail=f"{name}: not in the expected form")
