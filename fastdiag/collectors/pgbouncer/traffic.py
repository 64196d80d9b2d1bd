"""Readings of what went through PgBouncer between the samples."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.pgbouncer.rows import Totals
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Reason

MIN_GAP_S: Final = 0.5
NO_RATE: Final = "a rate takes two samples some time apart, and there was time for one"
RESTARTED: Final = "PgBouncer counted from zero again between the samples"
_SIGNALS: Final = (
    "db.queries.rate",
    "db.queries.mean",
    "db.transactions.rate",
    "db.pgbouncer.wait.mean",
)


def report_traffic(sink: Sink, first: Totals | Missing, last: Totals | Missing | None, gap_s: float) -> None:
    """Write the rates of statements and transactions, and the mean statement and wait."""
    grown = _growth(first, last, gap_s)
    if isinstance(grown, Missing):
        for signal in _SIGNALS:
            sink.missing(signal, grown.reason, grown.detail)
        return
    sink.reading("db.queries.rate", grown.queries / gap_s)
    sink.reading("db.transactions.rate", grown.transactions / gap_s)
    _report_mean(sink, "db.queries.mean", grown.query_s, grown.queries)
    _report_mean(sink, "db.pgbouncer.wait.mean", grown.wait_s, grown.transactions)


def _growth(first: Totals | Missing, last: Totals | Missing | None, gap_s: float) -> Totals | Missing:
    for sample in (last, first):
        if isinstance(sample, Missing):
            return sample
    if last is None or isinstance(first, Missing) or isinstance(last, Missing) or gap_s < MIN_GAP_S:
        return Missing(Reason.ABSENT, NO_RATE)
    grown = Totals(
        transactions=last.transactions - first.transactions,
        queries=last.queries - first.queries,
        query_s=last.query_s - first.query_s,
        wait_s=last.wait_s - first.wait_s,
    )
    return Missing(Reason.ABSENT, RESTARTED) if min(grown.transactions, grown.queries) < 0 else grown


def _report_mean(sink: Sink, signal: str, seconds: float, number: float) -> None:
    if number:
        sink.reading(signal, max(0.0, seconds) / number)
    else:
        sink.missing(signal, Reason.ABSENT, "nothing ended between the samples")
