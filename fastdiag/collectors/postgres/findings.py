"""What has been seen of a server so far, and what is made of it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.postgres.connections import (
    report_connections,
    report_logging,
    report_refusals,
    report_usable,
)
from fastdiag.collectors.postgres.counters import NO_RATE, CounterSample, report_counters
from fastdiag.collectors.postgres.locks import LockTree, report_blockers, report_lock_waits
from fastdiag.collectors.postgres.queries import Extension
from fastdiag.collectors.postgres.rows import Counters, Limits, Prepared
from fastdiag.collectors.postgres.samples import Sample, Samples
from fastdiag.collectors.postgres.session import Session
from fastdiag.collectors.postgres.statements import Activity, StatementSample, report_statements
from fastdiag.collectors.postgres.transactions import report_transactions
from fastdiag.collectors.postgres.waits import report_waits
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Range, Reason
from fastdiag.model.target import Target

POOLED_HINT: Final = (
    "if the pooler is PgBouncer, its pools show with --pgbouncer postgresql://USER@HOST:PORT/pgbouncer"
)


@dataclass(slots=True, kw_only=True)
class Findings:
    """What has been seen so far; None is not asked yet.

    sent_before  statements of ours before the first sample of pg_stat_statements
    """

    limits: Limits | Missing
    first: Sample
    last: Sample
    extension: Extension | Missing
    first_statements: StatementSample = None
    sent_before: int = 0
    activity: Activity | Missing = field(default_factory=lambda: Missing(Reason.ABSENT, NO_RATE))
    texts: Mapping[int, str] = field(default_factory=dict)
    first_counters: CounterSample = None
    counters: Sequence[Counters] | Missing | None = None
    tree: LockTree | Missing | None = None
    prepared: Prepared | Missing | None = None
    round_trips_s: list[float] = field(default_factory=list)


def report(session: Session, target: Target, sink: Sink, found: Findings) -> None:
    """Write every reading that follows from what was seen."""
    samples = Samples(
        first=found.first,
        last=found.last,
        limits=found.limits if isinstance(found.limits, Limits) else None,
        is_pooled=session.is_pooled,
        port=session.port,
    )
    _report_latency(sink, found.round_trips_s)
    report_refusals(sink, samples)
    report_usable(sink, found.limits)
    report_logging(sink, found.limits)
    report_connections(sink, samples)
    report_waits(sink, samples)
    report_transactions(sink, samples, found.prepared, target.slow_s)
    report_counters(sink, found.first_counters, found.counters)
    report_statements(sink, _activity(found), found.texts)
    report_lock_waits(sink, samples)
    if found.tree is not None:
        report_blockers(sink, samples, found.tree)
    if samples.hidden:
        sink.problem(samples.hidden_story, hint=samples.grant)
    if session.is_pooled:
        sink.hint = sink.hint or POOLED_HINT
    if isinstance(found.extension, Missing):
        sink.hint = sink.hint or found.extension.detail


def _activity(found: Findings) -> Activity | Missing:
    """Return what ran; why the extension cannot be asked says more than that there was one sample."""
    return found.extension if isinstance(found.extension, Missing) else found.activity


def _report_latency(sink: Sink, round_trips_s: list[float]) -> None:
    if not round_trips_s:
        return
    spread = Range(lowest=min(round_trips_s), highest=max(round_trips_s), samples=len(round_trips_s))
    sink.reading("db.latency", statistics.median(round_trips_s), window=spread)
