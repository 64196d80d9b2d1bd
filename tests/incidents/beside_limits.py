"""What the operating system lets the service have: memory of a control group, file descriptors.

A container or a systemd unit sets such limits before the server starts. Here ``Deployment.under`` names a
command that does it; a control group is made, and removed, by a companion beside the service.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.incidents.companions import Beside, Companion, Surroundings
from tests.stack.waiting import wait_until

CGROUPS: Final = Path("/sys/fs/cgroup")
IN_THE_GROUP: Final = ("sh", "-c", 'echo $$ > "$CONTROL_GROUP/cgroup.procs" && exec "$0" "$@"')
"""Deployment.under of a service whose `beside` has a control group."""
EMPTY_WITHIN_S: Final = 5.0


def descriptors(most: int) -> tuple[str, ...]:
    """Return the Deployment.under that allows each process so many open files (`LimitNOFILE=`)."""
    return ("sh", "-c", f'ulimit -n {most} && exec "$0" "$@"')


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryGroup:
    """A control group that limits the memory of the processes in it."""

    path: Path
    limit_bytes: int
    version: int

    def used_bytes(self) -> int:
        """Memory that is charged to the group now, page cache included."""
        name = "memory.usage_in_bytes" if self.version == 1 else "memory.current"
        return int((self.path / name).read_text(encoding="ascii"))

    def used(self) -> float:
        """Return the share of the limit that is used."""
        return self.used_bytes() / self.limit_bytes

    def kills(self) -> int:
        """Return how many processes the kernel has killed for the group's limit."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        lines = (self.path / name).read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def is_empty(self) -> bool:
        """Whether no process is in it any more."""
        return not (self.path / "cgroup.procs").read_text(encoding="ascii").strip()


def memory_limit(mebibytes: int) -> Beside:
    """Make a control group of so much memory for a service that is started under IN_THE_GROUP."""

    @contextmanager
    def beside(_: Surroundings) -> Iterator[Companion]:
        group = _make_group(mebibytes << 20)
        try:
            yield Companion(handle=group, environment={"CONTROL_GROUP": str(group.path)})
        finally:
            wait_until(group.is_empty, what="the control group is empty", within_s=EMPTY_WITHIN_S)
            group.path.rmdir()

    return beside


def _make_group(limit_bytes: int) -> MemoryGroup:
    version = 1 if (CGROUPS / "memory" / "memory.limit_in_bytes").exists() else 2
    parent = CGROUPS / "memory" if version == 1 else CGROUPS
    if version == 2:
        (parent / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
    path = parent / f"fastdiag-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    path.mkdir()
    limit, swap = ("memory.limit_in_bytes", None) if version == 1 else ("memory.max", "memory.swap.max")
    (path / limit).write_text(str(limit_bytes), encoding="ascii")
    if swap is not None:
        with suppress(FileNotFoundError):  # a machine without swap has nothing to limit
            (path / swap).write_text("0", encoding="ascii")
    return MemoryGroup(path=path, limit_bytes=limit_bytes, version=version)
