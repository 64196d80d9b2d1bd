"""What the source says of a stretch of text, without any input before it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastdiag.collectors.logs.exemplars import Exemplars
from fastdiag.collectors.logs.lines import Batch, lines_of
from fastdiag.collectors.logs.match import tally
from fastdiag.collectors.logs.report import Read, Report
from fastdiag.collectors.logs.window import Stretch, stretch_of
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Catalogue, LogSource, Missing, Reading
from fastdiag.model.target import Secret
from fastdiag.redact import Redactor
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.groundwork import load_groundwork

LINES: Final = Path(__file__).with_name("lines")
CATALOGUE: Final = load_groundwork(builtin_rules()).catalogue
WHOLE_S: Final = 1e10
"""A window in which everything lies that a test writes."""


def stretch(text: str | bytes, *, log: str = "app.log") -> Stretch:
    """Return all records of a text, as those of a log that began just now."""
    raw = text.encode() if isinstance(text, str) else text
    lines, _ = lines_of(raw)
    now = time.time()
    return stretch_of(log, Batch(lines=lines, since=now - 60, until=now), None, WHOLE_S)


def readings(
    *stretches: Stretch, secrets: Sequence[Secret] = (), catalogue: Catalogue = CATALOGUE
) -> tuple[dict[str, Reading], dict[str, Missing]]:
    """Return what the signatures say of some logs."""
    signals = [s for s in catalogue.of("logs") if any(isinstance(one, LogSource) for one in s.sources)]
    sink = Sink("logs", catalogue, time.monotonic() + 60)
    reads = [Read(one, tally(one, signals, lambda: False)) for one in stretches]
    Report(sink, reads, Exemplars(Redactor.of(secrets)), 300).write(signals)
    return sink.close()


def counts(text: str | bytes) -> dict[str, float]:
    """Return the counts of signatures above zero in a text."""
    found, _ = readings(stretch(text))
    return {
        name: reading.value for name, reading in found.items() if name.startswith("logs.") and reading.value
    }
