"""What a judgement costs and how it grows: `python -m tests.benchmarks.engine`.

First the built-in table: reading it, and judging the situation of every cause's first example, in which most
is unknown. Then invented tables, each cause with six rows for and two against, a third of the signals
unknown, as a multiple of the smallest, since machines differ; the sizes take turns. Promised: 60 causes x 80
signals in tens of milliseconds of processor time, and the built-in table in at most 150 ms.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
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
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from fastdiag.trial import snapshot_of
from tests.benchmarks.figures import Sheet

SIZES: Final = ((15, 40), (60, 80), (250, 200), (1000, 400))
PROMISED_SIZE: Final = (60, 80)
ROUNDS: Final = 7
TENS_OF_MS: Final = 99
BUILTIN_MS: Final = 150
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


def cpu_ms(act: Callable[[], object]) -> float:
    """Return the processor time of an act, in milliseconds."""
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1000


def judged(book: Rulebook, seen: Snapshot) -> float:
    """Return the processor time of one judgement."""
    return cpu_ms(lambda: diagnose(seen, book))


def builtin(sheet: Sheet) -> None:
    """Measure the built-in table."""
    book = load_rulebook(builtin_rules())
    situations = [cause.examples[0].given for cause in book.causes if cause.examples]
    seen = [snapshot_of(given, book.catalogue) for given in situations]
    rows = sum(len(cause.supports) + len(cause.contradicts) for cause in book.causes)
    counts = f"{len(book.causes)} causes, {rows} rows of evidence, {len(book.catalogue.signals)} signals"
    sheet.fact("the built-in table", counts)
    reading = [cpu_ms(lambda: load_rulebook(builtin_rules())) for _ in range(ROUNDS)]
    sheet.figure("  reading and checking it", reading, "ms")
    judging = [judged(book, one) for one in seen]
    sheet.promise("  judging one situation", judging, "ms", at_most=BUILTIN_MS)


def main() -> None:
    """Measure every size and print the growth."""
    sheet = Sheet("Processor time of one judgement")
    builtin(sheet)
    made = {}
    for size in SIZES:
        chance = random.Random(7)  # noqa: S311 - invented data, the same in every run
        book = table(*size, chance)
        made[size] = book, snapshot(book, chance)
    times: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, (book, seen) in made.items():
            times[size].append(judged(book, seen))
    for size, spent in times.items():
        name = f"{size[0]} causes x {size[1]} signals"
        if size == PROMISED_SIZE:
            sheet.promise(name, spent, "ms", at_most=TENS_OF_MS)
        else:
            sheet.figure(name, spent, "ms")
        ratios = [own / least for own, least in zip(spent, times[SIZES[0]], strict=True)]
        sheet.figure("  as a multiple of the smallest", ratios, "x")
    sheet.finish()


if __name__ == "__main__":
    main()
