"""A healthy service for benchmarks, and what a snapshot of it takes: `python -m tests.benchmarks.healthy`.

Two workers, PostgreSQL, Prometheus, and clients at a steady rate. Promised: the whole command, from the start
of its process to its end, takes at most 0.5 s more than its slowest source. With the folder of another
checkout as argument both take turns, and the other's figures and their ratios are printed too: machines are
noisy, and what neighbouring runs share cancels out.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Sheet
from tests.benchmarks.snapshots import Taken, take
from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.stage import JOB, Stage, stage
from tests.stack.load import Route
from tests.stack.postgres import MONITOR, postgres
from tests.stack.waiting import wait_until

WARM_UP_S: Final = 10.0
QUICK_WARM_UP_S: Final = 3.0
"""For who wants to know how long a snapshot takes, and not what it says."""
RUNS: Final = 7
DEADLINE: Final = "5s"
"""Half of the default: two samples lie 2 s apart, and what comes before and after them is the same."""
OVERHEAD_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Healthy:
    """The running stage, and the options that give fastdiag all of its sources."""

    stage: Stage
    options: tuple[str, ...]


@contextmanager
def healthy(
    folder: Path, traffic: Sequence[Route] = ORDERS_TRAFFIC, *, warm_up_s: float = WARM_UP_S
) -> Iterator[Healthy]:
    """Bring the service up and wait until its metrics have something to say."""
    with postgres() as cluster, stage(cluster, folder, ORDERS, traffic) as running:
        wait_until(lambda: running.prometheus.is_scraping(JOB), what="the first scrape", within_s=20)
        time.sleep(warm_up_s)
        yield Healthy(running, _options(running))


def _options(running: Stage) -> tuple[str, ...]:
    """Return the options for all sources."""
    return (
        *("--prometheus", running.prometheus.url),
        *("--postgres", running.cluster.dsn(MONITOR, running.database)),
        *("--pid", str(running.app.pid)),
        *("--app-url", running.app.url),
        *("--metrics-url", running.metrics_url),
        *("--window", "20s"),
    )


def main() -> None:
    """Print how long a snapshot takes beyond its slowest source."""
    other = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    _tell("bringing the service up")
    folder = tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-")
    with folder as place, healthy(Path(place), warm_up_s=QUICK_WARM_UP_S) as up:
        asked = (*up.options, "--deadline", DEADLINE)
        sheet = Sheet("Seconds of a whole `fastdiag snapshot` of a healthy service, start and exit included")
        theirs, ours = _in_turns(asked, other)
    sheet.figure("whole", [run.seconds for run in ours], "s")
    sheet.figure("  slowest source", [run.slowest_s for run in ours], "s")
    sheet.promise("  beyond the slowest source", list(map(_beyond, ours)), "s", at_most=OVERHEAD_S)
    sheet.figure("  processor time", [run.cpu_s for run in ours], "s")
    if theirs:
        pairs = list(zip(ours, theirs, strict=True))
        sheet.figure("the other: beyond the slowest source", list(map(_beyond, theirs)), "s")
        sheet.figure("  processor time", [run.cpu_s for run in theirs], "s")
        sheet.figure("beyond it, against the other", [_beyond(own) / _beyond(its) for own, its in pairs], "x")
        sheet.figure("processor time, against the other", [own.cpu_s / its.cpu_s for own, its in pairs], "x")
    sheet.finish()


def _in_turns(options: Sequence[str], other: Path | None) -> tuple[list[Taken], list[Taken]]:
    """Take snapshots with the other checkout, if there is one, and with this one, after one that warms up."""
    theirs: list[Taken] = []
    ours: list[Taken] = []
    for number in range(RUNS + 1):
        _tell(f"snapshot {number} of {RUNS}")
        if other is not None:
            theirs.append(take(options, checkout=other))
        ours.append(take(options))
    return theirs[1:], ours[1:]


def _beyond(run: Taken) -> float:
    return run.seconds - run.slowest_s


def _tell(text: str) -> None:
    """Show on stderr what is going on: a benchmark prints its figures when it has all of them."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - see above


if __name__ == "__main__":
    main()
