"""What a history costs: bytes for 90 days with a report every five minutes, and the time to keep one more.

`python -m tests.benchmarks.history`. The snapshots are those of recorded incidents, in turn.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Final

from fastdiag import pipeline
from fastdiag.config.settings import Settings
from fastdiag.engine.recurrence import recurrences
from fastdiag.history.open import open_store
from fastdiag.history.reading import run_of
from fastdiag.history.store import HistoryPlace, Keep
from fastdiag.model.history import Occasion, Run
from fastdiag.model.history_place import DEFAULT_KEEP_BYTES
from fastdiag.model.moment import iso_of
from fastdiag.render import snapshot_file
from fastdiag.render.json import render_snapshot
from tests.benchmarks.figures import Sheet
from tests.incidents.recorded import records
from tests.incidents.recorded import snapshot_file as snapshot_of

STEP_S: Final = 300.0
DAYS: Final = 90
RUNS_IN_ALL: Final = int(DAYS * 86400 / STEP_S)
SAMPLE: Final = 1500
"""Runs that are kept for the figure; what all would take follows, for each takes as much as another."""
MB: Final = 1_000_000


def main() -> None:
    """Print the table."""
    sheet = Sheet(
        f"A history of {DAYS} days with a report every {STEP_S / 60:.0f} minutes: {RUNS_IN_ALL} runs"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        with closing(
            open_store(HistoryPlace(store=path, keep=Keep(size_bytes=10 * DEFAULT_KEEP_BYTES)))
        ) as store:
            seconds = []
            for run, text in _kept(SAMPLE):
                started = time.monotonic()
                store.add(run, text)
                seconds.append((time.monotonic() - started) * 1000)
            started = time.monotonic()
            runs = store.runs("shop", limit=1000)
            read = time.monotonic() - started
            started = time.monotonic()
            recurrences(runs)
            told = time.monotonic() - started
        each = path.stat().st_size / SAMPLE
    sheet.figure("one run with its snapshot, on disk", [each / 1000], "kB")
    sheet.promise("all of them, on disk", [each * RUNS_IN_ALL / MB], "MB", at_most=DEFAULT_KEEP_BYTES / MB)
    sheet.figure("to keep one more", seconds, "ms")
    sheet.figure("to read 1000 runs", [read * 1000], "ms")
    sheet.figure("to tell what recurs in them", [told * 1000], "ms")
    sheet.finish()


def _kept(number: int) -> Iterator[tuple[Run, str]]:
    """Yield runs with their snapshots, five minutes apart, up to now."""
    rulebook = pipeline.rules(Settings())
    texts = [snapshot_of(name).read_text(encoding="utf-8") for name in sorted(records())]
    saved = [snapshot_file.decode(text, rulebook.catalogue, "recorded") for text in texts]
    ready = [
        (run_of(pipeline.replay(one, rulebook).diagnosis, Occasion.REPORT, "web-1"), render_snapshot(one))
        for one in saved
    ]
    begin = time.time() - number * STEP_S
    for index, (run, text) in zip(range(number), cycle(ready), strict=False):
        moment = iso_of(begin + index * STEP_S)
        yield replace(run, service="shop", taken_at=moment), text.replace(run.taken_at, moment, 1)


if __name__ == "__main__":
    main()
