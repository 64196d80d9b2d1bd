"""Readings of what the server counts in each database: transactions, deadlocks, data in temporary files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.postgres.rows import Counters
from fastdiag.collectors.postgres.samples import labels
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Part, Reason

MIN_GAP_S: Final = 0.5
GOOD_GAP_S: Final = 3.0
"""Sessions report what they have done about once a second: over less than this the rate is a rough one."""
NO_RATE: Final = "a rate takes two samples some time apart, and there was time for one"
ROUGH: Final = "sessions report about once a second, and the samples are less than 3 s apart"
RESET: Final = "the statistics were reset between the samples"
SEVERAL: Final = "all databases of the server together: other programs may be among them"

_SIGNALS: Final = (
    "db.transactions.rate",
    "db.transactions.rolled_back.ratio",
    "db.locks.deadlocks",
    "db.temp.rate",
)
CounterSample = Sequence[Counters] | Missing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """What one database has counted between the samples."""

    database: str
    commits: int
    rollbacks: int
    deadlocks: int
    temp_bytes: int

    @property
    def transactions(self) -> int:
        return self.commits + self.rollbacks


def report_counters(sink: Sink, first: CounterSample, last: CounterSample) -> None:
    """Write what a database counts: transactions, how they end, deadlocks, and data in temporary files."""
    found = _growth(first, last)
    if isinstance(found, Missing):
        for signal in _SIGNALS:
            sink.missing(signal, found.reason, found.detail)
        return
    grown, seconds = found
    bias = scope_bias([one.database for one in grown if one.transactions])
    bias = bias or (ROUGH if seconds < GOOD_GAP_S else None)
    transactions = sum(one.transactions for one in grown)
    totals: tuple[tuple[str, Callable[[_Growth], int]], ...] = (
        ("db.transactions.rate", lambda one: one.transactions),
        ("db.locks.deadlocks", lambda one: one.deadlocks),
        ("db.temp.rate", lambda one: one.temp_bytes),
    )
    for signal, of in totals:
        by = _parts(grown, of, seconds)
        sink.reading(signal, sum(map(of, grown)) / seconds, by=by, bias=bias)
    if transactions:
        share = sum(one.rollbacks for one in grown) / transactions
        sink.reading("db.transactions.rolled_back.ratio", share, bias=bias)
    else:
        sink.missing("db.transactions.rolled_back.ratio", Reason.ABSENT, "no transaction ended")


def scope_bias(databases: Sequence[str]) -> str | None:
    """Say that a total is not that of one database, where it is not."""
    return SEVERAL if len(set(databases)) > 1 else None


def _growth(first: CounterSample, last: CounterSample) -> tuple[list[_Growth], float] | Missing:
    for sample in (last, first):
        if isinstance(sample, Missing):
            return sample
    if not first or not last or isinstance(first, Missing) or isinstance(last, Missing):
        return Missing(Reason.ABSENT, NO_RATE)
    seconds = last[0].now - first[0].now
    if seconds < MIN_GAP_S:
        return Missing(Reason.ABSENT, NO_RATE)
    before = {row.database: row for row in first}
    if any(_was_reset(row, before.get(row.database)) for row in last):
        return Missing(Reason.ABSENT, RESET)
    return [_grown(row, before) for row in last if row.database in before], seconds


def _was_reset(now: Counters, before: Counters | None) -> bool:
    if before is None:
        return False
    return now.stats_reset != before.stats_reset or now.commits < before.commits


def _grown(now: Counters, before: Mapping[str, Counters]) -> _Growth:
    then = before[now.database]
    return _Growth(
        database=now.database,
        commits=now.commits - then.commits,
        rollbacks=max(0, now.rollbacks - then.rollbacks),
        deadlocks=max(0, now.deadlocks - then.deadlocks),
        temp_bytes=max(0, now.temp_bytes - then.temp_bytes),
    )


def _parts(grown: Sequence[_Growth], of: Callable[[_Growth], int], seconds: float) -> list[Part]:
    """Return the databases in which something happened, the most first, per second."""
    parts = [
        Part(labels=labels(database=one.database), value=of(one) / seconds) for one in grown if of(one) > 0
    ]
    return sorted(parts, key=lambda part: (-part.value, part.labels))
