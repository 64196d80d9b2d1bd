"""PostgreSQL, seen from inside: connections, waits, locks and transactions, in two samples.

One authenticated read-only session, at most 12 statements; no statement's text leaves the database. Without
a DSN only the start-up probe. A server without a free slot is evidence, not an error.
"""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.libpq.dsn import libpq_dsn
from fastdiag.collectors.libpq.failure import Failure, from_answer
from fastdiag.collectors.libpq.startup_probe import Answer, Outcome, probe
from fastdiag.collectors.postgres.connect import connect, report_failure
from fastdiag.collectors.postgres.observe import observe
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

__all__ = ["collect", "libpq_dsn"]

DSN_HINT: Final = "--postgres DSN (any role may log in; GRANT pg_monitor shows everything)"
UNDECIDED: Final = "only a login shows whether an ordinary role finds a free slot"
OR_POOLER: Final = "it asks for a password; a pooler without a server would, too"
PROBE_S: Final = 2.0


def collect(target: Target, sink: Sink) -> None:
    """Look at the target's database through its DSN; without one, knock at its first endpoint."""
    if target.postgres is None:
        _knock(target, sink)
        return
    session = connect(target, sink)
    try:
        observe(session, target, sink)
    finally:
        session.close()


def _knock(target: Target, sink: Sink) -> None:
    """Probe without credentials: tells a full server from one with a free slot, and nothing else."""
    if not target.database_endpoints:
        raise SourceSkipped("no DSN is known", hint=DSN_HINT)
    host, port = target.database_endpoints[0]
    sink.target = f"{host}:{port}"
    sink.requests += 1
    answer = probe(host, port, within_s=sink.remaining(PROBE_S))
    _report(answer, sink)
    raise SourceFailed(Reason.NOT_CONFIGURED, "no DSN is known", hint=DSN_HINT)


def _report(answer: Answer, sink: Sink) -> None:
    failure = from_answer(answer)
    report_failure(failure, sink, is_own=True)  # endpoints are those of the service
    if failure is Failure.FULL:
        return
    match answer.outcome:
        case Outcome.ADMITTED if answer.is_session:
            sink.reading("db.connections.refused", 0)
            sink.reading("db.unreachable", 0)
        case Outcome.ADMITTED | Outcome.REFUSED:
            if answer.outcome is Outcome.ADMITTED:
                sink.reading("db.unreachable", 0, bias=OR_POOLER)
            # A server whose last slots are reserved authenticates everyone and refuses only then; a pooler
            # lets everyone come as far as this, too: no sign of a free slot.
            sink.missing("db.connections.refused", Reason.NOT_CONFIGURED, f"{UNDECIDED}: {answer.detail}")
        case Outcome.SILENT:
            sink.missing("db.connections.refused", Reason.TIMED_OUT, answer.detail)
        case Outcome.UNREACHABLE | Outcome.FOREIGN:
            sink.missing("db.connections.refused", Reason.FAILED, answer.detail)
