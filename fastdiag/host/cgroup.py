"""CPU that a process may use: usable cores, and the quota and throttling of its control group (v1 and v2)."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.host.control_groups import CGROUP_ROOT, Group, groups_of, read_fields, read_text
from fastdiag.host.proc import NANOSECONDS_PER_S, Proc
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

MICROSECONDS_PER_S: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuThrottling:
    """Totals of the process's own group since it was made; only periods that had work count."""

    periods: int
    throttled_periods: int
    throttled_s: float


def usable_cores(pid: int = 0) -> int | Unreadable:
    """Return on how many CPUs a process (0: this one) may run, by affinity; quotas do not enter."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    try:
        return len(os.sched_getaffinity(pid))
    except OSError as error:
        return from_os_error(error, "affinity")


def cpu_quota_cores(proc: Proc, pid: int, cgroup_root: Path = CGROUP_ROOT) -> float | Unreadable | None:
    """Return the tightest CPU quota, in cores, of the process's group and all above it. None: unlimited."""
    groups = groups_of(proc, pid, "cpu", cgroup_root)
    if isinstance(groups, Unreadable):
        return groups
    try:
        quotas = [_quota(path) for group in groups for path in group.up()]
    except PermissionError as error:
        return from_os_error(error, "cpu quota")
    except (OSError, ValueError, ZeroDivisionError):
        return Unreadable(reason=Reason.FAILED, detail="cpu quota: not in the expected form")
    return min((quota for quota in quotas if quota is not None), default=None)


def cpu_throttling(proc: Proc, pid: int, cgroup_root: Path = CGROUP_ROOT) -> CpuThrottling | Unreadable:
    """Return how often the group with the tightest quota on the process was throttled.

    Its own group where none has a quota; absent where that has no bandwidth control at all.
    """
    groups = groups_of(proc, pid, "cpu", cgroup_root)
    if isinstance(groups, Unreadable):
        return groups
    try:
        for place in _throttlers(groups):
            fields = read_fields(place / "cpu.stat")
            if "nr_periods" in fields:
                return _throttling(fields)
    except OSError as error:
        return from_os_error(error, "cpu.stat")
    except (ValueError, KeyError, ZeroDivisionError):
        return Unreadable(reason=Reason.FAILED, detail="cpu.stat: not in the expected form")
    return Unreadable(reason=Reason.ABSENT, detail="the control group has no CPU bandwidth control")


def _throttlers(groups: tuple[Group, ...]) -> list[Path]:
    """Return the groups with a quota, the tightest first, and then the process's own."""
    limited = [
        (quota, path) for group in groups for path in group.up() if (quota := _quota(path)) is not None
    ]
    ordered = [path for _, path in sorted(limited)]
    return [*ordered, *(group.own for group in groups)]


def _quota(group: Path) -> float | None:
    """Read one group's own limit: "QUOTA PERIOD" or "max PERIOD" in v2; quota -1 means unlimited in v1."""
    version_2, version_1 = group / "cpu.max", group / "cpu.cfs_quota_us"
    if version_2.exists():
        quota, period = read_text(version_2).split()
        return None if quota == "max" else int(quota) / int(period)
    if version_1.exists():
        quota_us = int(read_text(version_1))
        return None if quota_us < 0 else quota_us / int(read_text(group / "cpu.cfs_period_us"))
    return None


def _throttling(fields: dict[str, int]) -> CpuThrottling:
    if "throttled_usec" in fields:
        throttled_s = fields["throttled_usec"] / MICROSECONDS_PER_S
    else:
        throttled_s = fields["throttled_time"] / NANOSECONDS_PER_S
    return CpuThrottling(
        periods=fields["nr_periods"], throttled_periods=fields["nr_throttled"], throttled_s=throttled_s
    )
