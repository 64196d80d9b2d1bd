"""How the time of one judgement grows with the table: `python -m tests.benchmarks.engine`.

Invented causes over invented signals, each cause with six rows for and two against, a third of the signals
unknown. Prints medians of several runs and each as a multiple of the first, since machines differ.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Final

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import (
    Cause,
    Comparison,
    Evidence,
    Kind,
    Operand,
    Operator,
    Rulebook,
    Symptom,
    Weight,
)
from fastdiag.model.signal import Catalogue, Reading, Signal
from fastdiag.model.snapshot import Snapshot

SIZES: Final = ((15, 40), (60, 80), (250, 200), (1000, 400))
RUNS: Final = 5
UNKNOWN_SHARE: Final = 1 / 3


def table(causes: int, signals: int, chance: random.Random) -> Rulebook:
    """Return a table of that size; every cause explains the one symptom."""
    names = [f"x.s{number}" for number in range(signals)]
    catalogue = Catalogue({name: Signal(id=name, unit=Unit.SECONDS, title=name) for name in names})
    made = tuple(_cause(f"c{number:04}", names, chance) for number in range(causes))
    symptom = Symptom(
        id="slow", title="", when=_above("x.s0", 1), severity={}, means="",
        suspects=tuple(cause.id for cause in made[:10]),
    )  # fmt: skip
    return Rulebook(catalogue=catalogue, symptoms=(symptom,), causes=made)


def _above(signal: str, threshold: float) -> Comparison:
    return Comparison(Operand(signal), Operator.GT, Quantity(threshold, Unit.SECONDS, f"{threshold}s"))


def _cause(name: str, signals: list[str], chance: random.Random) -> Cause:
    rows = [
        Evidence(
            when=_above(signal, chance.choice([1, 2, 4])),
            weight=chance.choice(list(Weight)),
            because=signal,
            where=f"{name}:{number}",
        )
        for number, signal in enumerate(chance.sample(signals, 8))
    ]
    return Cause(
        id=name, title=name, kind=Kind.FAILURE, explains=("slow",), assumption="", why="",
        supports=tuple(rows[:6]), contradicts=tuple(rows[6:]),
    )  # fmt: skip


def snapshot(book: Rulebook, chance: random.Random) -> Snapshot:
    """Return a snapshot in which a third of the signals is unknown."""
    readings = {
        name: Reading(signal=name, unit=Unit.SECONDS, source="x", value=chance.choice([0.5, 1.5, 3, 5]))
        for name in book.catalogue.signals
        if name == "x.s0" or chance.random() > UNKNOWN_SHARE
    }
    return Snapshot(service="x", taken_at="", window_s=300, readings=readings, missing={})


def main() -> None:
    """Measure every size and print the growth."""
    first: float | None = None
    print("causes  signals  median ms  spread ms     x first")  # noqa: T201 - a benchmark prints
    for causes, signals in SIZES:
        chance = random.Random(7)  # noqa: S311 - invented data, the same in every run
        book = table(causes, signals, chance)
        seen = snapshot(book, chance)
        times = []
        for _ in range(RUNS):
            started = time.perf_counter()
            diagnose(seen, book)
            times.append((time.perf_counter() - started) * 1000)
        median = statistics.median(times)
        first = first or median
        spread = f"{min(times):.0f}-{max(times):.0f}"
        print(f"{causes:6}  {signals:7}  {median:9.0f}  {spread:>9}  {median / first:10.1f}")  # noqa: T201 - likewise


if __name__ == "__main__":
    main()
