"""What all benchmarks print: figures with their spread, promises, and whether these are kept.

Machines are noisy, and noise mostly adds time. So a figure is the least, the median and the most of several
runs that took turns with what they are compared with. A promise is kept when the median meets it, in doubt
when only the best run does, and broken when not even that one does; then the command ends with 1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NoReturn

WIDTH: Final = 58


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the median and the most of several runs."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Summarise at least one run."""
        seen = sorted(values)
        return cls(seen[0], statistics.median(seen), seen[-1])

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)} - {_short(self.most)})"


def _short(value: float) -> str:
    """Return a number with two or three digits that matter."""
    size = abs(value)
    return f"{value:.0f}" if size >= 20 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


@dataclass(slots=True)
class Sheet:
    """The printed result of one benchmark."""

    broken: int = 0

    def __init__(self, title: str) -> None:
        self.broken = 0
        print(f"{title}\n{_load()}, median (least - most) of the runs\n")  # noqa: T201 - a benchmark prints

    def figure(self, what: str, values: Iterable[float], unit: str) -> None:
        """Print a figure about which nothing is promised."""
        _line(what, f"{Spread.of(values)} {unit}".rstrip())

    def promise(self, what: str, values: Iterable[float], unit: str, *, at_most: float) -> None:
        """Print a figure, its promise, and whether that is kept."""
        spread = Spread.of(values)
        if spread.median <= at_most:
            verdict = "kept"
        elif spread.least <= at_most:
            verdict = "IN DOUBT"
        else:
            verdict = "BROKEN"
            self.broken += 1
        _line(what, f"{f'{spread} {unit}'.rstrip()}; promised: at most {at_most:g}: {verdict}")

    def fact(self, what: str, said: str) -> None:
        """Print something that is no number."""
        _line(what, said)

    def finish(self) -> NoReturn:
        """End the process: 1 when a promise is clearly broken."""
        print(f"\n{_load()} at the end")  # noqa: T201 - likewise
        sys.exit(1 if self.broken else 0)


def reference_s() -> float:
    """Return the seconds of one `python -c "import typer"`, by which a noisy moment can be told."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import typer"], check=True)
    return time.monotonic() - started


def _line(what: str, said: str) -> None:
    print(f"{what:<{WIDTH}} {said}", flush=True)  # noqa: T201 - likewise


def _load() -> str:
    return f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
