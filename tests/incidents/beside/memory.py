"""A container whose memory the kernel limits."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.incidents.beside.control_group import ControlGroup, control_group
from tests.incidents.companions import Beside, Companion, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryGroup:
    """The control group of the service, which may have so much memory."""

    group: ControlGroup
    limit_bytes: int

    def used(self) -> float:
        """Return the share of the limit that is charged to the group now, page cache included."""
        file = "memory.usage_in_bytes" if self.group.version == 1 else "memory.current"
        return int(self.group.read(file)) / self.limit_bytes

    def kills(self) -> int:
        """Return how many processes the kernel has killed for the group's limit."""
        return self.group.number(
            "memory.oom_control" if self.group.version == 1 else "memory.events", "oom_kill"
        )


def memory_limit(mebibytes: int) -> Beside:
    """Make a control group of so much memory for a service that is started under IN_THE_GROUP."""

    @contextmanager
    def beside(_: Surroundings) -> Iterator[Companion]:
        with control_group("memory") as group:
            limited = MemoryGroup(group=group, limit_bytes=mebibytes << 20)
            _limit(limited)
            yield Companion(handle=limited, environment=group.environment)

    return beside


def _limit(limited: MemoryGroup) -> None:
    group = limited.group
    if group.version == 1:
        group.write("memory.limit_in_bytes", limited.limit_bytes)
        return
    group.write("memory.max", limited.limit_bytes)
    with suppress(FileNotFoundError):  # a machine without swap has nothing to limit
        group.write("memory.swap.max", 0)
