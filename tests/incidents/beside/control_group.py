"""The control group of a service: what a container is to the kernel. It takes root to make one."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.stack.waiting import wait_until

CGROUPS: Final = Path("/sys/fs/cgroup")
IN_THE_GROUP: Final = ("sh", "-c", 'echo $$ > "$CONTROL_GROUP/cgroup.procs" && exec "$0" "$@"')
"""Deployment.under of a service whose `beside` has a control group."""
EMPTY_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlGroup:
    """A control group; ``version`` is that of the kernel's interface, which names files in its own way."""

    path: Path
    version: int

    @property
    def environment(self) -> dict[str, str]:
        """What IN_THE_GROUP has to know."""
        return {"CONTROL_GROUP": str(self.path)}

    def read(self, file: str) -> str:
        """Return what a file of the group says."""
        return (self.path / file).read_text(encoding="ascii")

    def number(self, file: str, name: str) -> int:
        """Return the number behind a name, in a file of such lines."""
        lines = map(str.split, self.read(file).splitlines())
        return next(int(words[1]) for words in lines if words[0] == name)

    def write(self, file: str, value: object) -> None:
        """Write a setting."""
        (self.path / file).write_text(str(value), encoding="ascii")

    def is_empty(self) -> bool:
        """Whether no process is in it any more."""
        return not self.read("cgroup.procs").strip()


@contextmanager
def control_group(controller: str) -> Iterator[ControlGroup]:
    """Make a control group for a service that is started under IN_THE_GROUP, and remove it after that."""
    version = 1 if (CGROUPS / controller / "cgroup.procs").exists() else 2
    parent = CGROUPS / controller if version == 1 else CGROUPS
    if version == 2:
        (parent / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
    path = parent / f"fastdiag-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    path.mkdir()
    group = ControlGroup(path=path, version=version)
    try:
        yield group
    finally:
        wait_until(group.is_empty, what="the control group is empty", within_s=EMPTY_WITHIN_S)
        path.rmdir()
