"""What finding servers costs among 2,000 processes: `python -m tests.benchmarks.process_scan`.

Prints the time as a multiple of reading every /proc/PID/comm, the least that tells programs apart; median and
spread of runs that take turns, so that whatever else the machine does falls on both alike. Once with other
programs all around, and once where all of them are Python, so that each command line has to be read. Aim: 3.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.servers import find_servers

PROCESSES: Final = 2000
RUNS: Final = 15
PROC: Final = Path("/proc")


def others() -> int:
    """Start a program that is no server."""
    return os.posix_spawnp("sleep", ["sleep", "300"], os.environ)


def python() -> int:
    """Fork a Python process that waits."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    return pid


@contextmanager
def crowd(start: Callable[[], int]) -> Iterator[None]:
    """Have so many processes, and end each of them by its id."""
    pids: list[int] = []
    try:
        pids.extend(start() for _ in range(PROCESSES))
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def read_names() -> None:
    """Read the comm of every process, with nothing around it."""
    for name in os.listdir(PROC):  # noqa: PTH208 - the baseline must be the cheapest way
        if name.isdecimal():
            try:
                file = os.open(f"/proc/{name}/comm", os.O_RDONLY)
            except FileNotFoundError:
                continue
            os.read(file, 64)
            os.close(file)


def seconds(act: Callable[[], object]) -> float:
    """Return the processor time that one call takes."""
    before = time.process_time()
    act()
    return time.process_time() - before


def main() -> None:
    """Print a line for each kind of crowd."""
    proc = Proc()
    for name, start in (("other programs", others), ("Python programs", python)):
        with crowd(start):
            read_names()
            find_servers(proc)
            pairs = [(seconds(read_names), seconds(lambda: find_servers(proc))) for _ in range(RUNS)]
        ratios = sorted(scan / base for base, scan in pairs)
        base, scan = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
        print(  # noqa: T201 - its only output
            f"{PROCESSES} {name:<16} names {base:5.1f} ms  scan {scan:5.1f} ms  "
            f"{statistics.median(ratios):4.2f} x  ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
