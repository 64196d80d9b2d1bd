"""How long a snapshot takes, from the start of the process to its end: `python -m tests.benchmarks.deadline`.

Promised: with healthy sources the slowest single source + 0.5 s; with every source in a black hole (a
listener that accepts and never answers, or one whose queue is full) the deadline + 0.5 s.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Sheet, reference_s
from tests.benchmarks.healthy import healthy
from tests.benchmarks.snapshots import Taken, take
from tests.stack.ports import LOOPBACK

RUNS: Final = 5
DEADLINE_S: Final = 2
OVERHEAD_S: Final = 0.5
NETWORK: Final = ("prometheus", "scrape", "postgres", "pgbouncer", "queue", "cache", "probe")
"""The sources that a black hole can swallow."""


@contextmanager
def silent() -> Iterator[int]:
    """Yield the port of a listener that accepts every connection and never says a word."""
    with ExitStack() as held, closing(socket.create_server((LOOPBACK, 0), backlog=64)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.enter_context(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@contextmanager
def full() -> Iterator[int]:
    """Yield the port of a listener that accepts nothing and whose queue is full: connecting hangs."""
    with ExitStack() as held, closing(socket.socket()) as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        for _ in range(4):
            client = held.enter_context(closing(socket.socket()))
            client.settimeout(0)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def swallowed(port: int) -> Taken:
    """Take a snapshot of a service all of whose addresses are that port."""
    place = f"{LOOPBACK}:{port}"
    options = [
        f"--prometheus=http://{place}",
        f"--postgres=postgresql://shop@{place}/shop",
        f"--pgbouncer=postgresql://shop@{place}/pgbouncer",
        f"--queue=redis://{place}/0",
        f"--cache=redis://{place}/1",
        f"--app-url=http://{place}",
        f"--metrics-url=http://{place}/metrics",
        f"--deadline={DEADLINE_S}s",
        *(f"--only={name}" for name in NETWORK),
    ]
    return take(options)


def main() -> None:
    """Print how long it takes."""
    sheet = Sheet("Seconds of a whole `fastdiag snapshot`, process start and exit included")
    sheet.figure("for comparison: python -c 'import typer'", [reference_s() for _ in range(RUNS)], "s")
    for name, hole in (("accepts and never answers", silent), ("does not accept", full)):
        with hole() as port:
            runs = [swallowed(port) for _ in range(RUNS)]
        sheet.fact(f"black hole that {name}: status", ", ".join(_states(runs[-1])))
        beyond = [run.seconds - DEADLINE_S for run in runs]
        sheet.promise("  seconds beyond the deadline", beyond, "s", at_most=OVERHEAD_S)
        sheet.figure("  processor time", [run.cpu_s for run in runs], "s")
    with tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as folder, healthy(Path(folder)) as stage:
        sheet.figure("for comparison, under its load", [reference_s() for _ in range(RUNS)], "s")
        runs = [take(stage.options) for _ in range(RUNS)]
    sheet.fact("healthy sources", ", ".join(_states(runs[-1])))
    sheet.figure("  whole", [run.seconds for run in runs], "s")
    sheet.figure("  slowest source", [run.slowest_s for run in runs], "s")
    beyond = [run.seconds - run.slowest_s for run in runs]
    sheet.promise("  seconds beyond the slowest source", beyond, "s", at_most=OVERHEAD_S)
    sheet.figure("  processor time", [run.cpu_s for run in runs], "s")
    sheet.finish()


def _states(taken: Taken) -> list[str]:
    return [f"{source['name']} {source['status']}" for source in taken.document["sources"]]


if __name__ == "__main__":
    main()
