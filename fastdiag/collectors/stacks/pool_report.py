"""What the samples of pool threads add up to: how many work, where they stand, who waits for a connection."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.sink import Sink
from fastdiag.collectors.stacks.frames import Origin, called, innermost, place
from fastdiag.collectors.stacks.loop_report import MAX_PARTS
from fastdiag.collectors.stacks.pool import PoolThread, at_work
from fastdiag.collectors.stacks.pyspy import Frame
from fastdiag.collectors.stacks.sampling import LEAST_SAMPLES, Sample
from fastdiag.collectors.stacks.turns import call_of
from fastdiag.model.signal import Labels, Part, Range, Reason

BUSY: Final = "threads.limiter.busy"
FRAME: Final = "threads.frame"
WAITING: Final = "threads.waiting_for_connection"
SIGNALS: Final = (BUSY, FRAME, WAITING)


@dataclass(slots=True)
class PoolTally:
    """The pool threads of one worker, sample by sample."""

    cwd: str | None
    busy: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    _spots: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lines: dict[tuple[str, str, str], Counter[Frame]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Count one sample."""
        threads = at_work(sample.stacks)
        self.busy.append(sum(thread.is_anyio for thread in threads))
        self.waiting.append(sum(thread.waits_for_connection for thread in threads))
        for thread in threads:
            self._note(thread)

    def _note(self, thread: PoolThread) -> None:
        frame = innermost(thread.frames, Origin.APPLICATION) or thread.frames[-1]
        call = call_of(thread.frames)
        spot = (frame.file, frame.function, called(call) if call else "")
        self._spots[spot] += 1
        self._lines.setdefault(spot, Counter())[frame] += 1

    @property
    def has_threads(self) -> bool:
        """Whether any pool thread was seen at work."""
        return bool(self._spots)

    def spots(self) -> list[tuple[Labels, float]]:
        """Return each place with its share of the threads at work, the largest first."""
        total = self._spots.total()
        return [(self._labels(spot), count / total) for spot, count in self._spots.most_common(MAX_PARTS)]

    def _labels(self, spot: tuple[str, str, str]) -> Labels:
        frame = self._lines[spot].most_common(1)[0][0]
        calls = (("calls", spot[2]),) if spot[2] else ()
        return (*calls, ("frame", place(frame, self.cwd)))


def report_pools(sink: Sink, tallies: Mapping[int, PoolTally]) -> None:
    """Write the medians of the worker that has most, and where the threads at work stand."""
    known = {pid: tally for pid, tally in tallies.items() if len(tally.busy) >= LEAST_SAMPLES}
    if not known:
        for signal in SIGNALS:
            sink.missing(signal, Reason.ABSENT, f"fewer than {LEAST_SAMPLES} samples of the threads")
        return
    _report_count(sink, BUSY, {pid: tally.busy for pid, tally in known.items()})
    _report_count(sink, WAITING, {pid: tally.waiting for pid, tally in known.items()})
    _report_frames(sink, {pid: tally for pid, tally in known.items() if tally.has_threads})


def _report_count(sink: Sink, signal: str, counts: Mapping[int, Sequence[int]]) -> None:
    medians = {pid: float(statistics.median(several)) for pid, several in counts.items()}
    worst = max(medians, key=lambda pid: (medians[pid], pid))
    seen = counts[worst]
    window = Range(lowest=min(seen), highest=max(seen), samples=len(seen))
    parts = [Part(labels=(("worker", str(pid)),), value=value) for pid, value in sorted(medians.items())]
    sink.reading(signal, medians[worst], by=parts, window=window)


def _report_frames(sink: Sink, known: Mapping[int, PoolTally]) -> None:
    if not known:
        sink.missing(FRAME, Reason.ABSENT, "no pool thread was seen at work")
        return
    busiest = max(known, key=lambda pid: (statistics.median(known[pid].busy), pid))
    parts = [
        Part(labels=(*labels, ("worker", str(busiest))), value=share)
        for labels, share in known[busiest].spots()
    ]
    window = Range(lowest=parts[-1].value, highest=parts[0].value, samples=len(known[busiest].busy))
    sink.reading(FRAME, parts[0].value, by=parts, window=window)
