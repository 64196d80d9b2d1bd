"""What is asked of a session, in which order, and what is made of the answers."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Final, TypeVar

from fastdiag.collectors.postgres.connections import report_connections, report_refusals, report_usable
from fastdiag.collectors.postgres.locks import LockTree, ask_lock_tree, report_blockers, report_lock_waits
from fastdiag.collectors.postgres.queries import OLDEST_SERVER
from fastdiag.collectors.postgres.rows import Backend, Limits, LockWaits, Ping, Prepared
from fastdiag.collectors.postgres.samples import Sample, Samples
from fastdiag.collectors.postgres.session import HOME_S, Session
from fastdiag.collectors.postgres.transactions import report_transactions
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Missing, Range, Reason
from fastdiag.model.target import Target

MAX_OTHER_SESSIONS: Final = 2
"""With ours that makes three: whoever runs fastdiag in a loop must not fill the server with it."""

SECOND_LOOK_S: Final = 0.5  # left for the statements after the gap

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Findings:
    """What has been seen so far; None is not asked yet."""

    limits: Limits | Missing
    first: Sample
    last: Sample
    tree: LockTree | Missing | None = None
    prepared: Prepared | Missing | None = None
    round_trips_s: list[float] = field(default_factory=list)


def observe(session: Session, target: Target, sink: Sink) -> None:
    """Take both samples and write every reading.

    Raises SourceFailed when the session is lost; what was seen until then is written first.
    """
    _check_version(session, sink)
    found = _first_look(session, sink)
    lost: SourceFailed | None = None
    try:
        _second_look(session, target, sink, found)
    except SourceFailed as failure:
        lost = failure
    _report(session, target, sink, found)
    if lost:
        raise lost


def _check_version(session: Session, sink: Sink) -> None:
    version = session.server_version
    described = f"{version // 10000}.{version % 10000}"
    sink.target = f"{sink.target} (PostgreSQL {described})"
    if version < OLDEST_SERVER:
        raise SourceFailed(
            Reason.ABSENT,
            f"the server says it is version {described}: before {OLDEST_SERVER // 10000}, or no PostgreSQL",
            hint="point the DSN at a PostgreSQL server",
        )


def _first_look(session: Session, sink: Sink) -> _Findings:
    limits = _one(session.ask("limits", Limits))
    sink.reading("db.connections.refused", 0)  # not before: a pooler lets us in without a server
    if isinstance(limits, Limits):
        session.notice_pooler(limits.pid)
        _check_company(limits)
    if session.is_pooled:
        sink.target = f"{sink.target}, through a pooler"
    sample = _look(session)
    return _Findings(limits=limits, first=sample, last=sample)


def _check_company(limits: Limits) -> None:
    if limits.other_fastdiag_sessions > MAX_OTHER_SESSIONS:
        raise SourceFailed(
            Reason.FAILED,
            f"{limits.other_fastdiag_sessions} other sessions of fastdiag are connected already",
            hint="SELECT * FROM pg_stat_activity WHERE application_name = 'fastdiag' shows whose they are",
        )


def _second_look(session: Session, target: Target, sink: Sink, found: _Findings) -> None:
    _ping(session, found)
    if sink.remaining() - HOME_S >= target.sample_gap_s + SECOND_LOOK_S:
        time.sleep(target.sample_gap_s)
        _ping(session, found)
        found.last = _look(session)
        found.first, found.last = _paired(found.first, found.last)
    found.tree = ask_lock_tree(session, found.last.lock_waits)
    found.prepared = _one(session.ask("prepared", Prepared))
    if session.statements_left:
        _ping(session, found)


def _report(session: Session, target: Target, sink: Sink, found: _Findings) -> None:
    samples = Samples(
        first=found.first,
        last=found.last,
        limits=found.limits if isinstance(found.limits, Limits) else None,
        is_pooled=session.is_pooled,
    )
    _report_latency(sink, found.round_trips_s)
    report_refusals(sink, samples)
    report_usable(sink, found.limits)
    report_connections(sink, samples)
    report_transactions(sink, samples, found.prepared, target.slow_s)
    report_lock_waits(sink, samples)
    if found.tree is not None:
        report_blockers(sink, samples, found.tree)
    if samples.hidden:
        sink.problem(samples.hidden_story, hint=samples.grant)


def _report_latency(sink: Sink, round_trips_s: list[float]) -> None:
    if not round_trips_s:
        return
    spread = Range(lowest=min(round_trips_s), highest=max(round_trips_s), samples=len(round_trips_s))
    sink.reading("db.latency", statistics.median(round_trips_s), window=spread)


def _look(session: Session) -> Sample:
    backends = session.ask("backends", Backend)
    return Sample(
        backends=backends if isinstance(backends, Missing) else tuple(backends),
        lock_waits=_one(session.ask("lock_waits", LockWaits)),
    )


def _paired(first: Sample, last: Sample) -> tuple[Sample, Sample]:
    """Return both samples; when the server refused to list connections in one, the other one twice."""
    if isinstance(first.backends, Missing):
        return last, last
    return (first, first) if isinstance(last.backends, Missing) else (first, last)


def _ping(session: Session, found: _Findings) -> None:
    """Time a trivial statement. Neither of the first statements: those pay for the session's start."""
    started = time.perf_counter()
    answer = session.ask("ping", Ping)
    if not isinstance(answer, Missing):
        found.round_trips_s.append(time.perf_counter() - started)


def _one(rows: list[T] | Missing) -> T | Missing:
    """Return the only row of a statement that aggregates."""
    return rows if isinstance(rows, Missing) else rows[0]
