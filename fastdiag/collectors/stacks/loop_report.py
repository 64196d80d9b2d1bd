"""What the samples of the event loop's thread add up to: where it stands still, for whom it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.sink import Sink
from fastdiag.collectors.stacks.frames import called, place
from fastdiag.collectors.stacks.pyspy import Frame
from fastdiag.collectors.stacks.sampling import LEAST_SAMPLES, Sample, sleeps_in
from fastdiag.collectors.stacks.turns import Owner, Turn, renders_metrics, turn_of
from fastdiag.host.syscalls import Act
from fastdiag.model.signal import Bound, Labels, Part, Range, Reason

MAX_PARTS: Final = 6
BLOCKING: Final = "loop.blocking_frame"
COMPUTING: Final = "loop.computing_frame"
BACKGROUND: Final = "loop.background.ratio"
OWN_TASKS: Final = "loop.tasks.ratio"
SIGNALS: Final = (
    BLOCKING,
    COMPUTING,
    BACKGROUND,
    OWN_TASKS,
    "loop.serializing.ratio",
    "metrics.rendering.ratio",
)
CHILDREN: Final = "at most that: gather and time-outs make tasks of their own for requests, too"
LEAST_OWNED: Final = 3
"""Samples inside a task, from which on it may be said for whom a loop works."""
IDLE: Final = "the event loop hardly works; for whom threads do so their stacks do not tell"
NO_LOOP: Final = "no event loop shows in the stacks of the workers: cannot tell"


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in the code, whatever its line; ``does`` is what the thread did there."""

    file: str
    function: str
    calls: str
    does: str


@dataclass(slots=True)
class LoopTally:
    """The samples of one worker's loop; ``turns`` counts those in which a loop was seen."""

    cwd: str | None
    turns: int = 0
    blocking: Counter[_Spot] = field(default_factory=Counter)
    computing: Counter[_Spot] = field(default_factory=Counter)
    owners: Counter[Owner] = field(default_factory=Counter)
    serializing: int = 0
    rendering: int = 0
    _lines: dict[_Spot, Counter[Frame]] = field(default_factory=dict)

    def add(self, pid: int, sample: Sample) -> None:
        """Count one sample."""
        found = turn_of(sample.stacks, pid)
        if found is None:
            return
        thread, turn = found
        self.turns += 1
        self.serializing += turn.serializes
        self.rendering += any(map(renders_metrics, sample.stacks))
        if not turn.frames:
            return
        if turn.owner:
            self.owners[turn.owner] += 1
        act = sleeps_in(sample, thread)
        if act is not None:
            self._note(self.blocking, turn, turn.application or turn.frames[0], act)
        elif turn.application:
            self._note(self.computing, turn, turn.application, None)

    def _note(self, counts: Counter[_Spot], turn: Turn, frame: Frame, act: Act | None) -> None:
        call = turn.call
        does = act.removesuffix(" from").removesuffix(" to") if act and act is not Act.OTHER else ""
        spot = _Spot(frame.file, frame.function, called(call) if call else "", does)
        counts[spot] += 1
        self._lines.setdefault(spot, Counter())[frame] += 1

    def spots(self, counts: Counter[_Spot]) -> list[tuple[Labels, float]]:
        """Return each place with its share of all samples, the largest first."""
        return [(self._labels(spot), count / self.turns) for spot, count in counts.most_common(MAX_PARTS)]

    def _labels(self, spot: _Spot) -> Labels:
        frame = self._lines[spot].most_common(1)[0][0]
        optional = (("calls", spot.calls), ("does", spot.does))
        return (*((name, text) for name, text in optional if text), ("frame", place(frame, self.cwd)))


def report_loops(sink: Sink, tallies: Mapping[int, LoopTally], why_none: str = NO_LOOP) -> None:
    """Write the shares of the worker that is worst; of too few samples none."""
    known = {pid: tally for pid, tally in tallies.items() if tally.turns >= LEAST_SAMPLES}
    if not known:
        seen = max((tally.turns for tally in tallies.values()), default=0)
        detail = f"only {seen} samples of the event loop, fewer than {LEAST_SAMPLES}" if seen else why_none
        for signal in SIGNALS:
            sink.missing(signal, Reason.ABSENT, detail)
        return
    _report_spots(sink, BLOCKING, known, lambda tally: tally.blocking)
    _report_spots(sink, COMPUTING, known, lambda tally: tally.computing)
    _report_owners(sink, known)
    _report(sink, "loop.serializing.ratio", known, lambda tally: tally.serializing)
    _report(sink, "metrics.rendering.ratio", known, lambda tally: tally.rendering)


def _report_owners(sink: Sink, known: Mapping[int, LoopTally]) -> None:
    """Write for whom the loops work. One that waits tells nothing: its tasks may work in threads."""
    at_work = {pid: tally for pid, tally in known.items() if tally.owners.total() >= LEAST_OWNED}
    if not at_work:
        for signal in (BACKGROUND, OWN_TASKS):
            sink.missing(signal, Reason.ABSENT, IDLE)
        return
    _report(sink, BACKGROUND, at_work, lambda tally: tally.owners[Owner.BACKGROUND_TASK])
    _report(sink, OWN_TASKS, at_work, lambda tally: tally.owners[Owner.OWN_TASK], bias=CHILDREN)


def _report_spots(
    sink: Sink, signal: str, known: Mapping[int, LoopTally], counts: Callable[[LoopTally], Counter[_Spot]]
) -> None:
    parts = [
        Part(labels=(*labels, ("worker", str(pid))), value=share, count=tally.turns)
        for pid, tally in known.items()
        for labels, share in tally.spots(counts(tally))
    ]
    parts.sort(key=lambda part: -part.value)
    _write(sink, signal, known, lambda tally: counts(tally).total(), parts[:MAX_PARTS])


def _report(
    sink: Sink,
    signal: str,
    known: Mapping[int, LoopTally],
    count: Callable[[LoopTally], int],
    bias: str | None = None,
) -> None:
    parts = [
        Part(labels=(("worker", str(pid)),), value=count(tally) / tally.turns) for pid, tally in known.items()
    ]
    parts.sort(key=lambda part: -part.value)
    _write(sink, signal, known, count, parts, bias)


def _write(  # noqa: PLR0913 - what a reading is made of
    sink: Sink,
    signal: str,
    known: Mapping[int, LoopTally],
    count: Callable[[LoopTally], int],
    parts: Sequence[Part],
    bias: str | None = None,
) -> None:
    shares = {pid: count(tally) / tally.turns for pid, tally in known.items()}
    worst = max(shares, key=lambda pid: (shares[pid], pid))
    window = Range(lowest=min(shares.values()), highest=shares[worst], samples=known[worst].turns)
    bound = Bound.AT_MOST if bias else None
    sink.reading(signal, shares[worst], by=parts, window=window, bias=bias, bound=bound)
