"""How long the processes of a control group have been there, which bounds what its totals can be about."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fastdiag.host.control_groups import read_text
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

MAX_GROUPS: Final = 100
MAX_MEMBERS: Final = 500
"""Reading the age of a process costs some 30 us; a service's own group has fewer than these."""
_NOBODY: Final = Unreadable(reason=Reason.ABSENT, detail="the control group shows no process")
_CROWDED: Final = Unreadable(reason=Reason.ABSENT, detail="the control group holds more than a service")
_OUTSIDE: Final = Unreadable(
    reason=Reason.ABSENT, detail="the control group holds processes that cannot be seen from here"
)


def oldest_member_started_at(proc: Proc, group: Path) -> float | Unreadable:
    """Return when the oldest process of a group and those below it started, in seconds since the epoch."""
    try:
        pids = _members(group)
    except OSError as error:
        return from_os_error(error, "members of the control group")
    except ValueError:
        return Unreadable(reason=Reason.FAILED, detail="cgroup.procs: not in the expected form")
    if pids is None:
        return _CROWDED
    if 0 in pids:  # a process of another pid namespace: it may be the oldest
        return _OUTSIDE
    found = [stat for pid in pids if not isinstance(stat := proc.stat(pid), Unreadable)]
    return min(stat.started_at for stat in found) if found else _NOBODY


def _members(group: Path) -> set[int] | None:
    """Return the pids of a group and all below it; None where they are too many."""
    pids: set[int] = set()
    for number, path in enumerate(_tree(group)):
        pids |= {int(line) for line in read_text(path / "cgroup.procs").split()}
        if number >= MAX_GROUPS or len(pids) > MAX_MEMBERS:
            return None
    return pids


def _tree(group: Path) -> Iterator[Path]:
    """Yield a group and those below it; a group has no other directories."""
    yield group
    for path in group.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _tree(path)
