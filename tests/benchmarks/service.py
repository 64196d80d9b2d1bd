"""What a service notices of being looked at: `python -m tests.benchmarks.service`.

A real FastAPI service under steady load, in phases that take turns: left alone, with a whole snapshot every
ten seconds (as it is by default, gentle, and with the stacks of the threads), and with a process that looks
at nothing and takes as much processor time as a snapshot. Its
clients' p99 and its processor time are given as ratios of neighbouring phases, so that whatever else the
machine does falls on all. On a machine of few cores a part of what snapshots seem to cost is that any process
competes with the service: the last kind of phase shows how much.

Then, without load, the processor time that a snapshot costs PostgreSQL.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

import psutil

from tests.benchmarks.figures import Sheet
from tests.benchmarks.healthy import Healthy, healthy
from tests.benchmarks.snapshots import take
from tests.stack.load import Load
from tests.stack.processes import stop

ROUNDS: Final = 3
PHASE_S: Final = 20.0
EVERY_S: Final = 10.0
DATABASE_ROUNDS: Final = 5
DATABASE_PHASE_S: Final = 6.0
PREFIX: Final = "fastdiag-benchmark-"


class Record(TypedDict):
    """One finished request, as the load generator writes it down: when, how long, what came of it."""

    t: float
    s: float
    status: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What clients and the kernel saw of the service during one phase."""

    p50_s: float
    p99_s: float
    cores: float
    requests: int
    failed: int


@dataclass(slots=True)
class Acts:
    """What is done every ten seconds of a phase; the snapshots tell how much the idle process may spin."""

    stage: Healthy
    cpu_s: list[float]

    def nothing(self) -> None:
        """Leave the service alone."""

    def snapshot(self) -> None:
        """Look at everything, and attach to a worker only where its event loop seems blocked."""
        self.cpu_s.append(take(self.stage.options).cpu_s)

    def gently(self) -> None:
        """Attach to nothing."""
        take((*self.stage.options, "--gentle"))

    def with_stacks(self) -> None:
        """Attach to the workers in any case."""
        take((*self.stage.options, "--stacks"))

    def all(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Return what is done to the service, in the words of the sheet."""
        return (
            ("with snapshots", self.snapshot),
            ("with gentle ones", self.gently),
            ("with stacks", self.with_stacks),
            ("with the idle process", self.spin),
        )

    def spin(self) -> None:
        """Take the processor time of a snapshot, and look at nothing."""
        program = f"import time\nwhile time.process_time() < {statistics.median(self.cpu_s):.3f}: pass"
        subprocess.run([sys.executable, "-c", program], check=True)


FIGURES: Final[tuple[tuple[str, str, float, Callable[[Phase], float]], ...]] = (
    ("p99", "ms", 1000, lambda one: one.p99_s),
    ("median", "ms", 1000, lambda one: one.p50_s),
    ("processor time of the service", "%", 100, lambda one: one.cores),
)


def phase(stage: Healthy, act: Callable[[], None]) -> Phase:
    """Let the service run for a while, and act every ten seconds."""
    started, before = time.monotonic(), stage.stage.app.cpu_seconds()
    while (passed := time.monotonic() - started) < PHASE_S - 1:
        act()
        rest = EVERY_S - (time.monotonic() - started - passed)
        time.sleep(max(0.0, min(rest, started + PHASE_S - time.monotonic())))
    cores = (stage.stage.app.cpu_seconds() - before) / (time.monotonic() - started)
    records = _records(stage.stage.load, started)
    seconds = sorted(record["s"] for record in records)
    return Phase(
        p50_s=seconds[len(seconds) // 2],
        p99_s=seconds[int(len(seconds) * 0.99)],
        cores=cores,
        requests=len(seconds),
        failed=sum(1 for record in records if record["error"] or record["status"] >= 500),
    )


def _records(load: Load, since: float) -> list[Record]:
    lines = load.records.read_text(encoding="utf-8").split("\n")[:-1]
    records: list[Record] = [json.loads(line) for line in lines if '"route"' in line]
    return [record for record in records if record["t"] >= since]


def cpu_of_tree(pid: int) -> float:
    """Return the processor seconds of a process, its children, and those children that have ended."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children()):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    ended = root.cpu_times()
    return total + ended.children_user + ended.children_system


def database_cost(stage: Healthy) -> float:
    """Return the processor seconds of PostgreSQL for one snapshot, beyond what it takes anyway."""
    asked = [*stage.options, "--only", "postgres"]
    spent = []
    for act in (lambda: None, lambda: take(asked)):
        started, before = time.monotonic(), cpu_of_tree(stage.stage.cluster.server.pid)
        act()
        time.sleep(max(0.0, DATABASE_PHASE_S - (time.monotonic() - started)))
        used = cpu_of_tree(stage.stage.cluster.server.pid) - before
        spent.append(used / (time.monotonic() - started) * DATABASE_PHASE_S)
    return spent[1] - spent[0]


def one_turn(cpu_s: list[float]) -> dict[str, Phase]:
    """Let a new service run through every kind of phase: its load generator ends after four minutes."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, healthy(Path(folder)) as stage:
        acts = Acts(stage, cpu_s)
        acts.snapshot()
        return {"alone": phase(stage, acts.nothing)} | {name: phase(stage, act) for name, act in acts.all()}


def main() -> None:
    """Print the ratios."""
    sheet = Sheet(
        "What a FastAPI service (gunicorn, 2 workers, 34 requests/s) notices of a snapshot every 10 s"
    )
    cpu_s: list[float] = []
    turns = [one_turn(cpu_s) for _ in range(ROUNDS)]
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, healthy(Path(folder)) as stage:
        stop(stage.stage.load.server.popen)
        database = [database_cost(stage) for _ in range(DATABASE_ROUNDS)]
    seen = [one for turn in turns for one in turn.values()]
    sheet.figure("requests of a phase", [one.requests for one in seen], "")
    sheet.figure("failed requests of a phase", [one.failed for one in seen], "")
    sheet.figure("processor time of a snapshot", cpu_s, "s")
    for title, unit, scale, figure in FIGURES:
        sheet.figure(f"{title} alone", [figure(turn["alone"]) * scale for turn in turns], unit)
        for name in list(turns[0])[1:]:
            sheet.figure(f"  {name}", [figure(turn[name]) / figure(turn["alone"]) for turn in turns], "x")
    sheet.figure("PostgreSQL: processor time of one snapshot", [used * 1000 for used in database], "ms")
    sheet.finish()


if __name__ == "__main__":
    main()
