"""From what was counted in each log to readings of the source's signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.logs.exemplars import Exemplars
from fastdiag.collectors.logs.match import Kind, Tally
from fastdiag.collectors.logs.window import Stretch
from fastdiag.collectors.sink import Sink
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Bound, Labels, LogSource, Part, Reason, Signal

SHOWN_PARTS: Final = 10
MIN_WHOLE: Final = 20
"""A share of fewer records says nothing."""
MIN_COVERED_S: Final = 1.0
LOG: Final = "log"
LINE: Final = "line"
"""Label of a part that holds an exemplar."""
ESTIMATED: Final = "its lines carry no time: how old they are is judged by how fast the log grows"


@dataclass(frozen=True, slots=True)
class Read:
    """One log's stretch and what was counted in it, by signal."""

    stretch: Stretch
    tallies: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Report:
    """Writes readings of what several logs say together."""

    sink: Sink
    reads: Sequence[Read]
    exemplars: Exemplars
    window_s: float

    def write(self, signals: Iterable[Signal]) -> None:
        """Write a reading of each signal, or why there is none."""
        for signal in signals:
            if signal.unit is Unit.RATIO:
                self._share(signal)
            else:
                self._count(signal)

    def _count(self, signal: Signal) -> None:
        found = [(read, read.tallies[signal.id]) for read in self.reads]
        heard = [(read, tally) for read, tally in found if tally.is_heard]
        if not heard:
            self.sink.missing(signal.id, Reason.ABSENT, self._unheard())
            return
        bias, bound = self._doubt(signal, [read for read, _ in heard])
        if signal.unit is Unit.PER_SECOND:
            value = sum(t.count / max(r.stretch.covered_s, MIN_COVERED_S) for r, t in heard)
        else:
            value = float(sum(tally.count for _, tally in heard))
        self.sink.reading(signal.id, value, by=self._parts(signal, heard), bias=bias, bound=bound)

    def _share(self, signal: Signal) -> None:
        found = [(read, read.tallies[signal.id]) for read in self.reads if read.tallies[signal.id].whole]
        whole = sum(tally.whole for _, tally in found)
        if whole < MIN_WHOLE:
            detail = f"{whole} of the {MIN_WHOLE} records that a share takes" if whole else self._unheard()
            self.sink.missing(signal.id, Reason.ABSENT, detail)
            return
        bias, bound = self._doubt(signal, [read for read, _ in found])
        wholes: Counter[Labels] = Counter()
        counts: Counter[Labels] = Counter()
        for _, tally in found:
            wholes.update(tally.wholes)
            counts.update({labels: kind.count for labels, kind in tally.kinds.items()})
        by = [Part(labels=k, value=counts[k] / n, count=n) for k, n in wholes.most_common(SHOWN_PARTS) if k]
        self.sink.reading(
            signal.id, sum(tally.count for _, tally in found) / whole, by=by, bias=bias, bound=bound
        )

    def _parts(self, signal: Signal, found: Sequence[tuple[Read, Tally]]) -> list[Part]:
        """Return the commonest kinds of records, each with one of its lines."""
        kinds = [
            (kind.count, read, labels, kind) for read, tally in found for labels, kind in tally.kinds.items()
        ]
        kinds.sort(key=lambda one: (-one[0], one[2]))
        return [self._part(signal, read, labels, kind) for _, read, labels, kind in kinds[:SHOWN_PARTS]]

    def _part(self, signal: Signal, read: Read, labels: Labels, kind: Kind) -> Part:
        told = [*labels]
        if len(self.reads) > 1:
            told.append((LOG, read.stretch.log))
        if signal.unit is Unit.PER_SECOND:
            value = kind.count / max(read.stretch.covered_s, MIN_COVERED_S)
            return Part(labels=tuple(sorted(told)), value=value)
        told.append((LINE, self.exemplars.of(kind.line, kind.found)))
        return Part(labels=tuple(sorted(told)), value=float(kind.count))

    def _doubt(self, signal: Signal, reads: Sequence[Read]) -> tuple[str | None, Bound | None]:
        """Return why what these logs say of a signal is not the whole truth."""
        told = next((s.bias for s in signal.sources if isinstance(s, LogSource) and s.bias), None)
        if told:
            return told, None
        if any(read.stretch.is_estimated for read in reads):
            return ESTIMATED, None
        cut = [read.stretch for read in reads if read.stretch.is_cut]
        if not cut or signal.unit is not Unit.COUNT:
            return None, None
        seen = format_value(min(stretch.covered_s for stretch in cut), Unit.SECONDS)
        return f"what was read of {cut[0].log} reaches back {seen} only", Bound.AT_LEAST

    def _unheard(self) -> str:
        count = sum(len(read.stretch.records) for read in self.reads)
        span = format_value(self.window_s, Unit.SECONDS)
        return f"none of {count} records of the last {span} says so; not everything is logged"
