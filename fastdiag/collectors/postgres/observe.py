"""What is asked of a session, in which order."""

from __future__ import annotations

import time
from typing import Final, TypeVar

from fastdiag.collectors.libpq.guard import HOME_S
from fastdiag.collectors.postgres.findings import Findings, report
from fastdiag.collectors.postgres.locks import ask_lock_tree
from fastdiag.collectors.postgres.managed import provider_of
from fastdiag.collectors.postgres.queries import OLDEST_SERVER
from fastdiag.collectors.postgres.rows import Backend, Counters, Limits, LockWaits, Ping, Prepared
from fastdiag.collectors.postgres.samples import Sample, Samples
from fastdiag.collectors.postgres.session import Session
from fastdiag.collectors.postgres.statements import ask_statements, ask_texts, compare, find_extension
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.target import Target

MAX_OTHER_SESSIONS: Final = 2
"""With ours that makes three: whoever runs fastdiag in a loop must not fill the server with it."""

ROUND_TRIPS: Final = 3
SECOND_LOOK_S: Final = 0.5  # left for the statements after the gap

T = TypeVar("T")


def observe(session: Session, target: Target, sink: Sink) -> None:
    """Take both samples and write every reading.

    Raises SourceFailed when the session is lost; what was seen until then is written first.
    """
    _check_version(session, sink)
    found = _first_look(session, sink)
    lost: SourceFailed | None = None
    try:
        _first_counts(session, found)
        _second_look(session, target, sink, found)
    except SourceFailed as failure:
        lost = failure
    report(session, target, sink, found)
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


def _first_look(session: Session, sink: Sink) -> Findings:
    limits = _one(session.ask("limits", Limits))
    sink.reading("db.connections.refused", 0)  # not before: a pooler lets us in without a server
    sink.reading("db.unreachable", 0)
    if isinstance(limits, Limits):
        session.notice_pooler(limits.pid)
        _check_company(limits)
        provider = provider_of(limits.provider)
        sink.target = f"{sink.target}, {provider.label}" if provider else sink.target
    unknown = limits if isinstance(limits, Missing) and not session.is_pooled else None
    session.pooling.report(unknown or session.is_pooled)
    if session.is_pooled:
        sink.target = f"{sink.target}, through a pooler"
    sample = _look(session)
    extension = find_extension(limits, session.server_version)
    return Findings(limits=limits, first=sample, last=sample, extension=extension)


def _check_company(limits: Limits) -> None:
    if limits.other_fastdiag_sessions > MAX_OTHER_SESSIONS:
        raise SourceFailed(
            Reason.FAILED,
            f"{limits.other_fastdiag_sessions} other sessions of fastdiag are connected already",
            hint="SELECT * FROM pg_stat_activity WHERE application_name = 'fastdiag' shows whose they are",
        )


def _first_counts(session: Session, found: Findings) -> None:
    """Ask last before the gap what is compared across it, so that little of it is our own work."""
    found.counters = found.first_counters = session.ask("counters", Counters)
    found.sent_before = session.statements_sent
    found.first_statements = ask_statements(session, found.extension)
    _ping(session, found)


def _second_look(session: Session, target: Target, sink: Sink, found: Findings) -> None:
    if sink.remaining() - HOME_S >= target.sample_gap_s + SECOND_LOOK_S:
        time.sleep(target.sample_gap_s)
        _second_counts(session, found)
        found.last = _look(session)
        found.first, found.last = _paired(found.first, found.last)
    found.tree = ask_lock_tree(session, found.last.lock_waits)
    found.prepared = _one(session.ask("prepared", Prepared))
    if not isinstance(found.activity, Missing):
        found.texts = ask_texts(session, found.extension, found.activity.notable)
    while session.statements_left and len(found.round_trips_s) < ROUND_TRIPS:
        _ping(session, found)


def _second_counts(session: Session, found: Findings) -> None:
    """Ask the counters first: at the end of the next statement our own session reports what it has done."""
    found.counters = session.ask("counters", Counters)
    ours = (session.statements_sent - found.sent_before) * session.calls_each
    last_statements = ask_statements(session, found.extension)
    found.activity = compare(found.first_statements, last_statements, ours=ours)


def _look(session: Session) -> Sample:
    backends = session.ask("backends", Backend)
    if isinstance(backends, Missing):
        return Sample(backends=backends, lock_waits=_one(session.ask("lock_waits", LockWaits)))
    seen = Sample(backends=tuple(backends), lock_waits=LockWaits(waiting=0, oldest_s=None, is_exact=True))
    alone = Samples(first=seen, last=seen, limits=None, is_pooled=session.is_pooled)
    _, waiting = alone.chosen(lambda backend: backend.waits_for_lock)
    if alone.blind_spot is None and not waiting:
        return seen  # nobody waits, and everybody was seen: pg_locks has nothing to add
    return Sample(backends=seen.backends, lock_waits=_one(session.ask("lock_waits", LockWaits)))


def _paired(first: Sample, last: Sample) -> tuple[Sample, Sample]:
    """Return both samples; when the server refused to list connections in one, the other one twice."""
    if isinstance(first.backends, Missing):
        return last, last
    return (first, first) if isinstance(last.backends, Missing) else (first, last)


def _ping(session: Session, found: Findings) -> None:
    """Time a trivial statement. Neither of the first statements: those pay for the session's start."""
    started = time.perf_counter()
    answer = session.ask("ping", Ping)
    if not isinstance(answer, Missing):
        found.round_trips_s.append(time.perf_counter() - started)


def _one(rows: list[T] | Missing) -> T | Missing:
    """Return the only row of a statement that aggregates."""
    return rows if isinstance(rows, Missing) else rows[0]
