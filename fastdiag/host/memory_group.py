"""Memory of a process's control group, versions 1 and 2: limit, working set, and OOM kills."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.host.control_groups import CGROUP_ROOT, Group, groups_of, read_fields, read_number
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

UNLIMITED_BYTES: Final = 1 << 60
"""Version 1 writes no limit as the largest number that it can count in pages, just below 2**63."""
_NO_CONTROLLER: Final = Unreadable(reason=Reason.ABSENT, detail="the control group does not account memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMemory:
    """Memory of the group whose limit is nearest, among the process's own and all above it.

    ``working_set_bytes`` is usage without page cache that has not been used lately: what the kernel cannot
    take back cheaply. ``limit_bytes`` is None where no limit is set; the figures are the own group's then.
    ``oom_kills`` counts since that group was made, children included; None: this kernel does not tell.
    ``path`` is that group's directory.
    """

    limit_bytes: int | None
    working_set_bytes: int
    oom_kills: int | None
    path: Path | None = field(default=None, compare=False)

    @property
    def utilization(self) -> float:
        """Working set of the limit; 0 where there is none."""
        return self.working_set_bytes / self.limit_bytes if self.limit_bytes else 0.0


def group_memory(proc: Proc, pid: int, cgroup_root: Path = CGROUP_ROOT) -> GroupMemory | Unreadable:
    """Return the memory of a process's control group; absent in the root, which is the whole machine."""
    groups = groups_of(proc, pid, "memory", cgroup_root)
    if isinstance(groups, Unreadable):
        return groups
    try:
        levels = [level for group in groups for level in _levels(group)]
    except OSError as error:
        return from_os_error(error, "memory control group")
    except (ValueError, KeyError):
        detail = "memory control group: not in the expected form"
        return Unreadable(reason=Reason.FAILED, detail=detail)
    if not levels:
        return _NO_CONTROLLER
    limited = [level for level in levels if level.limit_bytes is not None]
    return max(limited, key=lambda level: level.utilization) if limited else levels[0]


def _levels(group: Group) -> list[GroupMemory]:
    read = _version_1 if group.version == 1 else _version_2
    paths = (
        [] if group.is_root else [path for path in group.up() if path != group.mount or group.hides_parents]
    )
    return [level for path in paths if (level := read(path)) is not None]


def _version_2(path: Path) -> GroupMemory | None:
    if not (path / "memory.current").exists():
        return None  # the controller is not switched on here
    used = read_number(path / "memory.current") or 0
    events = read_fields(path / "memory.events")
    return GroupMemory(
        limit_bytes=read_number(path / "memory.max"),
        working_set_bytes=max(0, used - read_fields(path / "memory.stat")["inactive_file"]),
        oom_kills=events.get("oom_kill"),
        path=path,
    )


def _version_1(path: Path) -> GroupMemory | None:
    if not (path / "memory.usage_in_bytes").exists():
        return None
    used = read_number(path / "memory.usage_in_bytes") or 0
    limit = read_number(path / "memory.limit_in_bytes")
    return GroupMemory(
        limit_bytes=None if limit is None or limit >= UNLIMITED_BYTES else limit,
        working_set_bytes=max(0, used - read_fields(path / "memory.stat")["total_inactive_file"]),
        oom_kills=read_fields(path / "memory.oom_control").get("oom_kill"),
        path=path,
    )
