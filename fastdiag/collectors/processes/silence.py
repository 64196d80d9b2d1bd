"""Database connections on which nothing moves: from the sockets alone, also behind a server that is full.

A pool hands out a free connection before it opens another, and most hand them out in turn. So a connection
that stays silent for longer than any request, while its worker opens or uses others, is not free: somebody
has taken it and not given it back. Where no client of the worker has waited for that long, no request holds
it either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from fastdiag.collectors.processes.connections_report import NO_DATABASE
from fastdiag.collectors.processes.figures import MAX_PARTS, Unseen, say_missing
from fastdiag.collectors.processes.sample import Sample
from fastdiag.collectors.processes.turns import SILENT_S
from fastdiag.collectors.sink import Sink
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Part

TICK_S: Final = 0.05
"""The kernel's times are good to a clock tick, ours to when a look was taken."""
KEPT: Final = 1
"""In each process one may be kept on purpose: to listen for notifications, or to hold an advisory lock."""
HOLDS: Final = "{} of {} database connections, silent for up to {}"
_SIGNALS: Final = ("db.sockets.silent", "db.sockets.silent.longest", "db.sockets.unreturned")


def report(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write how many connections are silent, for how long, and how many of them nobody gives back."""
    if unseen is None and not any(sample.moved for sample in samples):
        unseen = NO_DATABASE
    if unseen:
        say_missing(sink, unseen, *_SIGNALS)
        return
    last = samples[-1]
    longest = {worker: _longest(last, worker) for worker, _ in last.moved}
    by = [Part(labels=(("worker", str(worker)),), value=age_s) for worker, age_s in _first(longest)]
    sink.reading("db.sockets.silent.longest", max(longest.values(), default=0.0), by=by)
    silent = _silent(last)
    sink.reading("db.sockets.silent", float(silent.total()), by=_parts(last, silent))
    kept = {worker: _unreturned(samples, worker, count) for worker, count in silent.items()}
    sink.reading("db.sockets.unreturned", float(sum(kept.values())), by=_parts(last, kept))


def _silent(sample: Sample) -> Counter[int]:
    """Count the connections of each worker that are silent, and not because of a long statement."""
    return Counter(key[0] for key in sample.moved if _age_s(sample, key) >= SILENT_S)


def _longest(sample: Sample, worker: int) -> float:
    return max((_age_s(sample, key) for key in sample.moved if key[0] == worker), default=0.0)


def _age_s(sample: Sample, key: tuple[int, str]) -> float:
    return 0.0 if key in sample.at_work else sample.at - sample.moved[key]


def _unreturned(samples: Sequence[Sample], worker: int, silent: int) -> int:
    """Return how many of a worker's silent connections neither lie in its pool nor belong to a client.

    Each of its older clients may hold one, and itself, too. They do not lie in the pool when the worker has
    opened another in the window, or has used others so often that a pool that gives them out in turn had
    come round.
    """
    first, last = samples[0], samples[-1]
    ours = {key for sample in samples for key in sample.moved if key[0] == worker}
    has_opened = any(key not in first.moved for key in ours)
    uses = sum(
        now.moved[key] - before.moved[key] > TICK_S
        for before, now in pairwise(samples)
        for key in ours & before.moved.keys() & now.moved.keys()
    )
    window_s = last.at - first.at
    has_come_round = window_s > 0 and uses * SILENT_S / window_s > silent
    return max(0, silent - last.patient[worker] - KEPT) if has_opened or has_come_round else 0


def _parts(last: Sample, counts: Mapping[int, float]) -> list[Part]:
    """Return the counts by worker, each with what it holds in words."""
    held = Counter(worker for worker, _ in last.moved)
    return [
        Part(
            labels=(
                ("holds", _holds(last, worker, count, held[worker])),
                ("worker", str(worker)),
            ),
            value=float(count),
        )
        for worker, count in _first(counts)
        if count
    ]


def _holds(last: Sample, worker: int, count: float, held: int) -> str:
    return HOLDS.format(round(count), held, format_value(round(_longest(last, worker)), Unit.SECONDS))


def _first(counts: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_PARTS]
