"""Two looks at each log, and what their records say of the window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from fastdiag.collectors.logs.exemplars import Exemplars
from fastdiag.collectors.logs.facts import write_facts
from fastdiag.collectors.logs.match import tally
from fastdiag.collectors.logs.opening import Look, look_again, look_first, open_logs
from fastdiag.collectors.logs.report import Read, Report
from fastdiag.collectors.logs.window import Stretch, stretch_of
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import LogSource, Signal
from fastdiag.model.target import Target
from fastdiag.redact import Redactor

JUDGING_S: Final = 1.0
"""Kept for judging each log: 2 MiB of access lines, the dearest kind, take 0.7 s of a processor."""
WRITING_S: Final = 0.1


def collect(target: Target, sink: Sink) -> None:
    """Look at the end of each log, and after the gap between two samples at what was added."""
    started = time.monotonic()
    with open_logs(target, sink) as logs:
        first = look_first(logs, sink)
        gap_s = started + target.sample_gap_s - time.monotonic()
        time.sleep(max(0.0, min(gap_s, sink.remaining() - JUDGING_S * len(first))))
        again = look_again(first, sink)
    signals = [s for s in sink.catalogue.of(sink.source) if any(isinstance(x, LogSource) for x in s.sources)]
    stretches = _stretches(first, again, target.window_s)
    reads = [_read(stretch, signals, sink) for stretch in stretches]
    exemplars = Exemplars(Redactor.of(target.secrets))
    Report(sink, reads, exemplars, target.window_s).write(signals)
    write_facts([record for stretch in stretches for record in stretch.records], sink)


def _stretches(first: Sequence[Look], again: Sequence[Look], window_s: float) -> list[Stretch]:
    added = {look.log.name: look.batch for look in again}
    return [stretch_of(look.log.name, look.batch, added.get(look.log.name), window_s) for look in first]


def _read(stretch: Stretch, signals: Sequence[Signal], sink: Sink) -> Read:
    def is_over() -> bool:
        return sink.remaining() <= WRITING_S

    tallies = tally(stretch, signals, is_over)
    if is_over():
        sink.problem(f"{stretch.log}: not all of it was judged in time", hint="raise --deadline")
        return Read(replace(stretch, is_cut=True), tallies)
    return Read(stretch, tallies)
