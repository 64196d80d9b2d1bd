"""Which records of a log fall into the window, and how much of the window the log covers.

A record has its time from its source, from its own text, or from the record before it. Where a log writes no
times at all (uvicorn's default), the age of a line is judged by how fast the log grows: that is an estimate,
and said to be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.logs.clock import machine_offset_s
from fastdiag.collectors.logs.lines import Batch
from fastdiag.collectors.logs.records import Record, records_of

FUTURE_S: Final = 5.0
"""A clock may be ahead by so much, and what was written while we looked is not left out."""
MIN_DATED_SHARE: Final = 0.2
"""With fewer times of their own, records do not lend them to those that follow."""
MIN_ADDED: Final = 10
"""From fewer lines that were added between two looks nothing is judged of how fast a log grows."""
ZONE_STEP_S: Final = 900.0
"""The offsets of all time zones are multiples of a quarter of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The records of one log that fall into the window.

    covered_s     so much of the window is known
    is_cut        older records of the window were left out: counts are lower bounds
    is_estimated  the age of some is an estimate
    """

    log: str
    records: tuple[Record, ...]
    covered_s: float
    is_cut: bool = False
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    record: Record
    at: float | None
    is_estimated: bool = False


def stretch_of(log: str, first: Batch, more: Batch | None, window_s: float) -> Stretch:
    """Return what two looks at a log show of the window that ends with the later one."""
    end = more.until if more else first.until
    start = end - window_s
    placed = _place(first, more, end, start)
    times = [one.at for one in placed if one.at is not None]
    inside = [one for one in placed if one.at is not None and start <= one.at <= end + FUTURE_S]
    covered_from = _covered_from(first, times, start, end)
    return Stretch(
        log=log,
        records=tuple(one.record for one in inside),
        covered_s=max(0.0, end - covered_from),
        is_cut=covered_from > start and (first.is_cut or len(times) < len(placed)),
        is_estimated=any(one.is_estimated for one in inside),
    )


def _covered_from(first: Batch, times: Sequence[float], start: float, end: float) -> float:
    if first.since is not None and not first.is_cut:
        return max(start, first.since)
    return max(start, min(times, default=end))


def _place(first: Batch, more: Batch | None, end: float, start: float) -> list[_Placed]:
    """Give every record its time, as well as it can be told."""
    added = list(records_of(more.lines)) if more else []
    known = list(records_of(first.lines))
    offset_s = _offset_s(known, added, end)
    late = more.until if more else end
    is_young = first.since is not None and first.since >= start
    placed = list(_dated(known, offset_s))
    if is_young:
        placed = [_Placed(one.record, first.until if one.at is None else one.at) for one in placed]
    elif more and len(added) >= MIN_ADDED:
        placed = list(_by_growth(placed, first.until, (more.until - first.until) / len(added)))
    new = (_Placed(one.record, late if one.at is None else one.at) for one in _dated(added, offset_s))
    return [*placed, *new]


def _dated(records: Sequence[Record], offset_s: float) -> Iterator[_Placed]:
    """Yield the records with their own time, or that of the record before where most have one."""
    own = [_own(record, offset_s) for record in records]
    lends = sum(at is not None for at in own) >= MIN_DATED_SHARE * len(own)
    last: float | None = None
    for record, at in zip(records, own, strict=True):
        last = at if at is not None else last
        yield _Placed(record, at if at is not None or not lends else last)


def _own(record: Record, offset_s: float) -> float | None:
    if record.at is not None or record.stamp is None:
        return record.at
    return record.stamp.seconds - (offset_s if record.stamp.is_local else 0.0)


def _by_growth(placed: Iterable[_Placed], until: float, seconds_each: float) -> Iterator[_Placed]:
    """Date the others by their distance from the end of the log."""
    whole = list(placed)
    for distance, one in zip(range(len(whole), 0, -1), whole, strict=True):
        estimate = _Placed(one.record, until - distance * seconds_each, is_estimated=True)
        yield one if one.at is not None else estimate


def _offset_s(known: Sequence[Record], added: Sequence[Record], end: float) -> float:
    """Return how far times without a zone are ahead of UTC: what was added was written just now."""
    for record in reversed(added):
        if record.stamp and record.stamp.is_local and record.at is None:
            return round((record.stamp.seconds - end) / ZONE_STEP_S) * ZONE_STEP_S
    here = machine_offset_s(end)
    newest = max((r.stamp.seconds for r in known if r.stamp and r.stamp.is_local), default=None)
    return 0.0 if newest is not None and newest - here > end + ZONE_STEP_S / 2 else here
