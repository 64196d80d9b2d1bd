"""Where a process stands in the control-group hierarchies, versions 1 and 2, and what of them can be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
MAX_CONTROL_FILE_BYTES: Final = 64 << 10

_ROOT_MARKS: Final = {1: "release_agent", 2: "cgroup.type"}
"""Version 1 has the first in the root of a hierarchy only; version 2 the second everywhere but there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A process's place in one hierarchy: where that is mounted, and the names from its root down."""

    version: int
    mount: Path
    names: tuple[str, ...]

    def up(self) -> Iterator[Path]:
        """Yield the group's directory and those above it, as far as they can be seen."""
        # In a container the path may be the host's while the mount starts at the container's own group:
        # groups that cannot be seen are passed over, and the mount itself counts as the last one.
        for depth in range(len(self.names), -1, -1):
            path = self.mount.joinpath(*self.names[:depth])
            if path.is_dir():
                yield path

    @property
    def own(self) -> Path:
        """The group's own directory."""
        return next(self.up(), self.mount)

    @property
    def is_root(self) -> bool:
        """Whether the process is in no group of its own: the figures of the root are the whole machine's."""
        return self.own == self.mount and not self.hides_parents

    @property
    def hides_parents(self) -> bool:
        """Whether the mount starts below the root of the hierarchy, as it does in a container."""
        marked = (self.mount / _ROOT_MARKS[self.version]).exists()
        return marked if self.version > 1 else not marked


def groups_of(
    proc: Proc, pid: int, controller: str, cgroup_root: Path = CGROUP_ROOT
) -> tuple[Group, ...] | Unreadable:
    """Find a controller's v1 hierarchy and the v2 one: a hybrid machine has both, and either may rule."""
    text = proc.cgroup(pid)
    if isinstance(text, Unreadable):
        return text
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        names = tuple(name for name in path.split("/") if name not in {"", "."})
        # Written as seen from our own group: the process is in a container beside ours, and its own mount
        # starts at its group.
        root = cgroup_root if ".." not in names else proc.root / str(pid) / "root/sys/fs/cgroup"
        place = _mount(root, number, controllers, controller)
        if place is not None:
            version, mount = place
            seen = names if ".." not in names else ()
            found.append(Group(version=version, mount=mount, names=seen))
    if found:
        return tuple(found)
    return Unreadable(reason=Reason.ABSENT, detail=f"no {controller} control group is mounted")


def _mount(cgroup_root: Path, number: str, controllers: str, controller: str) -> tuple[int, Path] | None:
    if number == "0":  # version 2: alone at the root, or beside version 1
        candidates = [cgroup_root, cgroup_root / "unified"]
        found = next((path for path in candidates if (path / "cgroup.controllers").exists()), None)
        return None if found is None else (2, found)
    if controller not in controllers.split(","):
        return None
    candidates = [cgroup_root / controllers, cgroup_root / controller]
    found = next((path for path in candidates if path.is_dir()), None)
    return None if found is None else (1, found)


def read_number(path: Path) -> int | None:
    """Return the number in a control file; None for "max", which is no limit. Raises OSError, ValueError."""
    text = read_text(path).strip()
    return None if text == "max" else int(text)


def read_fields(path: Path) -> dict[str, int]:
    """Return the lines "name number" of a control file. Raises OSError, ValueError."""
    lines = (line.split() for line in read_text(path).splitlines())
    return {name: int(value) for name, value in lines}


def read_text(path: Path) -> str:
    """Return what a control file says, at most 64 KiB. Raises OSError."""
    with path.open("rb") as file:
        return file.read(MAX_CONTROL_FILE_BYTES).decode(errors="replace")
