"""A hundred thousand damaged rule files and conditions: how they end, what the slowest costs, and the memory.

    python -m tests.benchmarks.fuzz [FILES CONDITIONS]

Promised: each ends in a located fault or a valid definition, nothing is executed, imported or written, none
takes a second, and the memory grows by less than 64 MiB. The first cases that break this are shown.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from typing import Final

from tests.benchmarks.figures import Sheet
from tests.rulebook.damage import Case, cases
from tests.rulebook.fuzz import Watch, complaint, outcome

FILES: Final = 40_000
CONDITIONS: Final = 80_000
SEED: Final = 20_261_123
SHOWN: Final = 5


def main(arguments: list[str]) -> None:
    files, texts = map(int, arguments or (FILES, CONDITIONS))
    sheet = Sheet(f"{files:,} damaged files and {texts:,} damaged conditions")
    list(map(complaint, cases(0, 50, 50)))  # what is imported at first use is
    before, ended, wrong = _peak_mib(), Counter[bool](), list[tuple[str, Case]]()
    took = []
    with Watch() as watch:
        for case in cases(SEED, files, texts):
            began = time.perf_counter()
            ended[outcome(case)[0]] += 1
            took.append(time.perf_counter() - began)
            if why := complaint(case):
                wrong.append((why, case))
    sheet.fact("a valid definition", f"{ended[True]:,}")
    sheet.fact("a located fault", f"{ended[False]:,}")
    sheet.figure("to read one", [each * 1000 for each in took], "ms")
    sheet.promise("the slowest", [max(took)], "s", at_most=1)
    sheet.promise("memory more than before", [_peak_mib() - before], "MiB", at_most=64)
    sheet.promise("that end otherwise", [len(wrong)], "", at_most=0)
    sheet.promise("executed, imported, written", [len(watch.seen)], "", at_most=0)
    for why, case in wrong[:SHOWN]:
        sheet.fact(why, repr(case)[:2000])
    sheet.finish()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
