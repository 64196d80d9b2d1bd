"""What `fastdiag watch` costs over many looks: `python -m tests.benchmarks.watch`.

Measured from outside, by the kernel's account of its process and the children that it has waited for, while
it watches a healthy service with all sources. Promised: never more of a core than --max-cpu says, from look
to look; and that nothing grows with the number of looks but the courses on the screen.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.benchmarks.figures import Sheet
from tests.benchmarks.healthy import QUICK_WARM_UP_S, Healthy, healthy
from tests.cli.command import environment
from tests.stack.processes import script, stop

LOOKS: Final = 24
WARM_LOOKS: Final = 6
"""Until then modules are still being loaded and pools filled."""
MAX_CPU: Final = {"5%": 0.05, "20%": 0.2}
EVERY: Final = ("--every", "2s", "--deadline", "2s")
GROWTH_MB: Final = 8.0
_TOLD: Final = re.compile(r"([\d.]+)% of a core")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The process when it had just told a look."""

    at: float
    cpu_s: float
    memory_mb: float
    threads: int
    descriptors: int
    told: float | None


def points(stage: Healthy, max_cpu: str) -> Iterator[Point]:
    """Watch a healthy service, and measure the watcher after each look."""
    command = (script("fastdiag"), "watch", "--lines", *EVERY, "--max-cpu", max_cpu, *stage.options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as watch:
        process = psutil.Process(watch.pid)
        assert watch.stdout is not None
        for _ in range(LOOKS):
            yield _point(process, watch.stdout.readline().decode())
        stop(watch)


def _point(process: psutil.Process, line: str) -> Point:
    times = process.cpu_times()
    told = _TOLD.search(line)
    return Point(
        at=time.monotonic(),
        cpu_s=times.user + times.system + times.children_user + times.children_system,
        memory_mb=process.memory_info().rss / 1e6,
        threads=process.num_threads(),
        descriptors=process.num_fds(),
        told=float(told[1]) / 100 if told else None,
    )


def main() -> None:
    """Print the account."""
    place = tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-")
    with place as folder, healthy(Path(folder), warm_up_s=QUICK_WARM_UP_S) as stage:
        seen = {max_cpu: tuple(points(stage, max_cpu)) for max_cpu in MAX_CPU}
    sheet = Sheet(f"{LOOKS} looks of `fastdiag watch {' '.join(EVERY)}` at a healthy service")
    for max_cpu, those in seen.items():
        _account(sheet, max_cpu, those)
    sheet.finish()


def _account(sheet: Sheet, max_cpu: str, those: tuple[Point, ...]) -> None:
    warm, last = those[WARM_LOOKS], those[-1]
    share = (last.cpu_s - warm.cpu_s) / (last.at - warm.at)
    told = [point.told for point in those[WARM_LOOKS:] if point.told is not None]
    looks = LOOKS - WARM_LOOKS - 1
    # A look ends late in its interval: what lies between two ends may hold the processor time of both.
    sheet.promise(f"--max-cpu {max_cpu}: of a core", [share * 100], "%", at_most=MAX_CPU[max_cpu] * 105)
    sheet.figure("  what the line says of that", [share * 100 for share in told], "%")
    sheet.figure("  seconds from look to look", [(last.at - warm.at) / looks], "s")
    sheet.figure("  processor time of a look", [(last.cpu_s - warm.cpu_s) / looks], "s")
    sheet.promise("  memory grown", [last.memory_mb - warm.memory_mb], "MB", at_most=GROWTH_MB)
    sheet.figure("  memory", [last.memory_mb], "MB")
    sheet.promise("  threads grown", [last.threads - warm.threads], "", at_most=0)
    sheet.promise("  descriptors grown", [last.descriptors - warm.descriptors], "", at_most=0)


if __name__ == "__main__":
    main()
