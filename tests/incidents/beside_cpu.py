"""The container of a service: a control group whose CPU the kernel limits by a quota."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.incidents.companions import Beside, Companion, Surroundings
from tests.incidents.stage import Stage
from tests.stack.waiting import wait_until

CGROUPS: Final = Path("/sys/fs/cgroup")
PERIOD_US: Final = 100_000
"""The kernel's default, and that of container runtimes."""
EMPTY_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How many periods a group has had something to run in, and in how many of them its quota stopped it."""

    at_work: int
    stopped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuGroup:
    """A control group for the processes of the service."""

    path: Path
    version: int

    def limit(self, cores: float) -> None:
        """Let the group have so much CPU and no more, as `docker update --cpus` does."""
        quota_us = round(cores * PERIOD_US)
        if self.version == 1:
            (self.path / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
            (self.path / "cpu.cfs_quota_us").write_text(str(quota_us), encoding="ascii")
        else:
            (self.path / "cpu.max").write_text(f"{quota_us} {PERIOD_US}", encoding="ascii")

    def periods(self) -> Periods:
        """Return the kernel's counters of this group."""
        lines = (self.path / "cpu.stat").read_text(encoding="ascii").splitlines()
        figures = {name: int(value) for name, value in (line.split() for line in lines)}
        return Periods(at_work=figures["nr_periods"], stopped=figures["nr_throttled"])

    def stopped_since(self, before: Periods) -> float:
        """Return in which share of the periods with work to do the quota stopped the group since then."""
        now = self.periods()
        at_work = now.at_work - before.at_work
        return (now.stopped - before.stopped) / at_work if at_work else 0.0

    def is_empty(self) -> bool:
        """Whether no process is in it any more."""
        return not (self.path / "cgroup.procs").read_text(encoding="ascii").strip()


def cpu_group(cores: float | None = None) -> Beside:
    """Make a control group for a service that is started under IN_THE_GROUP (see beside_limits.py).

    Without ``cores`` it has no limit until somebody sets one.
    """

    @contextmanager
    def beside(_: Surroundings) -> Iterator[Companion]:
        group = _make_group()
        try:
            if cores is not None:
                group.limit(cores)
            yield Companion(handle=group, environment={"CONTROL_GROUP": str(group.path)})
        finally:
            wait_until(group.is_empty, what="the control group is empty", within_s=EMPTY_WITHIN_S)
            group.path.rmdir()

    return beside


@contextmanager
def cpu_limited(stage: Stage, *, cores: float) -> Iterator[None]:
    """Limit the CPU of the service from now on."""
    stage.companion(CpuGroup).limit(cores)
    yield


def _make_group() -> CpuGroup:
    version = 1 if (CGROUPS / "cpu" / "cgroup.procs").exists() else 2
    parent = CGROUPS / "cpu" if version == 1 else CGROUPS
    if version == 2:
        (parent / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
    group = CpuGroup(path=parent / f"fastdiag-{os.getpid()}-{uuid.uuid4().hex[:8]}", version=version)
    group.path.mkdir()
    return group
