"""CPU that a process may use: usable cores, and the quota and throttling of its control group (v1 and v2)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.host.proc import NANOSECONDS_PER_S, Proc
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
MICROSECONDS_PER_S: Final = 1e6

_NO_CPU_CONTROLLER = Unreadable(reason=Reason.ABSENT, detail="no cpu control group is mounted")


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuThrottling:
    """Totals of the process's own group since it was made; only periods that had work count."""

    periods: int
    throttled_periods: int
    throttled_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A process's place in one hierarchy: where that is mounted, and the names from its root down."""

    mount: Path
    names: tuple[str, ...]

    def up(self) -> Iterator[Path]:
        # In a container the path may be the host's while the mount starts at the container's own group:
        # groups that cannot be seen are passed over, and the mount itself counts as the last one.
        for depth in range(len(self.names), -1, -1):
            path = self.mount.joinpath(*self.names[:depth])
            if path.is_dir():
                yield path


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
    groups = _cpu_groups(proc, pid, cgroup_root)
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
    """Return how often the process's own group was throttled; absent where it never had a quota."""
    groups = _cpu_groups(proc, pid, cgroup_root)
    if isinstance(groups, Unreadable):
        return groups
    for group in groups:
        own = next(group.up(), group.mount)
        try:
            fields = dict(line.split() for line in (own / "cpu.stat").read_text().splitlines())
            if "nr_periods" in fields:
                return _throttling(fields)
        except OSError as error:
            return from_os_error(error, "cpu.stat")
        except ValueError:
            return Unreadable(reason=Reason.FAILED, detail="cpu.stat: not in the expected form")
    return Unreadable(reason=Reason.ABSENT, detail="the control group has no CPU bandwidth control")


def _cpu_groups(proc: Proc, pid: int, cgroup_root: Path) -> tuple[_Group, ...] | Unreadable:
    """Find the v1 cpu hierarchy and the v2 one; a hybrid machine has both, and either may hold the quota."""
    text = proc.cgroup(pid)
    if isinstance(text, Unreadable):
        return text
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mounts = _mounts(cgroup_root, number, controllers)
        names = tuple(name for name in path.split("/") if name not in {"", ".", ".."})
        found += [_Group(mount=mount, names=names) for mount in mounts[:1]]
    return tuple(found) or _NO_CPU_CONTROLLER


def _mounts(cgroup_root: Path, number: str, controllers: str) -> list[Path]:
    if number == "0":  # version 2: alone at the root, or beside version 1
        candidates = [cgroup_root, cgroup_root / "unified"]
        return [path for path in candidates if (path / "cgroup.controllers").exists()]
    if "cpu" not in controllers.split(","):
        return []
    return [path for path in (cgroup_root / controllers, cgroup_root / "cpu") if path.is_dir()]


def _quota(group: Path) -> float | None:
    """Read one group's own limit: "QUOTA PERIOD" or "max PERIOD" in v2; quota -1 means unlimited in v1."""
    version_2, version_1 = group / "cpu.max", group / "cpu.cfs_quota_us"
    if version_2.exists():
        quota, period = version_2.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    if version_1.exists():
        quota_us = int(version_1.read_text())
        return None if quota_us < 0 else quota_us / int((group / "cpu.cfs_period_us").read_text())
    return None


def _throttling(fields: dict[str, str]) -> CpuThrottling:
    if "throttled_usec" in fields:
        throttled_s = int(fields["throttled_usec"]) / MICROSECONDS_PER_S
    else:
        throttled_s = int(fields["throttled_time"]) / NANOSECONDS_PER_S
    return CpuThrottling(
        periods=int(fields["nr_periods"]),
        throttled_periods=int(fields["nr_throttled"]),
        throttled_s=throttled_s,
    )
