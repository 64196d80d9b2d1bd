"""Who holds the database connections: a line for a cause that rests on them, or whose consequence does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastdiag.model.diagnosis import RankedCause
from fastdiag.model.signal import Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.outline import Branch

_HELD: Final = ("db.service.", "db.sockets.silent", "db.sockets.unreturned", "db.pool.", "db.connections.")
_TOLD_BY: Final = ("db.service.holders", "db.sockets.silent")
"""The database's word first; the sockets know it too while a full server lets nobody in."""
_IN_WORDS: Final = "holds"


def holder(snapshot: Snapshot, branch: Branch) -> tuple[str, ...]:
    """Return `worker 4127 holds 15 of 15 database connections, all idle in transaction, ...`, or nothing."""
    if not any(_is_about_connections(cause) for cause in _causes(branch)):
        return ()
    readings = (snapshot.readings.get(signal) for signal in _TOLD_BY)
    return tuple(line for reading in readings if reading and (line := _line(reading)))[:1]


def _causes(branch: Branch) -> Iterator[RankedCause]:
    yield branch.cause
    for consequence in branch.consequences:
        yield from _causes(consequence)


def _is_about_connections(cause: RankedCause) -> bool:
    return any(signal.startswith(_HELD) for fact in cause.supports for signal in fact.signals)


def _line(reading: Reading) -> str | None:
    most = max(reading.by, key=lambda part: part.value, default=None)
    if most is None or not most.value:
        return None
    labels = dict(most.labels)
    held, worker = labels.get(_IN_WORDS), labels.get("worker", "")
    who = f"worker {worker} holds" if worker.isdecimal() else "in use:"
    return f"{who} {held}" if held else None
