"""A container whose CPU the kernel limits by a quota."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.incidents.beside.control_group import ControlGroup, control_group
from tests.incidents.companions import Beside, Companion, Surroundings
from tests.incidents.stage import Stage

PERIOD_US: Final = 100_000
"""The kernel's default, and that of container runtimes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How many periods a group has had something to run in, and in how many of them its quota stopped it."""

    at_work: int
    stopped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuGroup:
    """The control group of the service."""

    group: ControlGroup

    def limit(self, cores: float) -> None:
        """Let the group have so much CPU and no more, as `docker update --cpus` does."""
        quota_us = round(cores * PERIOD_US)
        if self.group.version == 1:
            self.group.write("cpu.cfs_period_us", PERIOD_US)
            self.group.write("cpu.cfs_quota_us", quota_us)
        else:
            self.group.write("cpu.max", f"{quota_us} {PERIOD_US}")

    def periods(self) -> Periods:
        """Return the kernel's counters of this group."""
        return Periods(
            at_work=self.group.number("cpu.stat", "nr_periods"),
            stopped=self.group.number("cpu.stat", "nr_throttled"),
        )

    def stopped_since(self, before: Periods) -> float:
        """Return in which share of the periods with work to do the quota stopped the group since then."""
        now = self.periods()
        at_work = now.at_work - before.at_work
        return (now.stopped - before.stopped) / at_work if at_work else 0.0


def cpu_group(cores: float | None = None) -> Beside:
    """Make a control group for a service that is started under IN_THE_GROUP.

    Without ``cores`` it has no limit until somebody sets one.
    """

    @contextmanager
    def beside(_: Surroundings) -> Iterator[Companion]:
        with control_group("cpu") as group:
            limited = CpuGroup(group=group)
            if cores is not None:
                limited.limit(cores)
            yield Companion(handle=limited, environment=group.environment)

    return beside


@contextmanager
def cpu_limited(stage: Stage, *, cores: float) -> Iterator[None]:
    """Limit the CPU of the service from now on."""
    stage.companion(CpuGroup).limit(cores)
    yield
