"""Which database connections are the service's own: the server's view joined with the process table.

``pg_stat_activity`` knows the address and port a client connects from, the process table knows which worker
owns them; together they say "worker 4127 holds 15 connections, all idle in transaction". Pure: it works on
readings, so that neither collector knows the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.signal import Catalogue, Labels, Missing, Part, Reading, Reason

SOURCE: Final = "attribution"
LEAK_AGE_S: Final = 30.0
"""Untouched in one transaction for longer than this, a session does not belong to a request any more:
SQLAlchemy's and psycopg's pools give up waiting after 30 s, so does gunicorn's default worker timeout."""
PER_WORKER: Final = frozenset({"db.service.connections"})
"""Broken down by worker alone; the others by state as well, which differs from connection to connection."""
UNKNOWN: Final = "?"
"""Stands for the worker where none is known."""
TRANSLATED: Final = "matched by port alone: between service and database addresses are translated"
NOT_SEPARATED: Final = "other programs' connections may be among them: no process of the service was matched"


@dataclass(frozen=True, slots=True)
class _Session:
    """One client connection as the server shows it, and the worker that owns it ("?" when unknown)."""

    worker: str
    state: str
    waits_for: str
    untouched_s: float
    unchanged: bool

    @property
    def in_transaction(self) -> bool:
        return self.state.startswith("idle in transaction")

    @property
    def leaked(self) -> bool:
        return self.in_transaction and self.unchanged and self.untouched_s >= LEAK_AGE_S


def attribute(readings: Mapping[str, Reading], catalogue: Catalogue) -> dict[str, Reading | Missing]:
    """Return the `db.service.*` signals that follow from `db.backends` and `db.sockets`."""
    signals = [signal.id for signal in catalogue.of(SOURCE)]
    backends, sockets = readings.get("db.backends"), readings.get("db.sockets")
    if backends is None:
        unseen = Missing(Reason.NOT_CONFIGURED, "the database's own view of its connections was not seen")
        return dict.fromkeys(signals, unseen)
    sessions, bias = _sessions(backends, sockets)
    return {
        signal: _reading(signal, chosen, catalogue, backends.bias or bias)
        for signal, chosen in _split(sessions).items()
    }


def _sessions(backends: Reading, sockets: Reading | None) -> tuple[list[_Session], str | None]:
    """Return the service's sessions; without any match all client sessions, with the bias that says so."""
    owners = {
        labels["local"]: labels.get("worker", UNKNOWN)
        for part in (sockets.by if sockets else ())
        if "local" in (labels := dict(part.labels))
    }
    cut = sockets.bias if sockets else None
    everyone = [(part, dict(part.labels)) for part in backends.by]
    ours = _matched(everyone, owners, lambda end: end)
    if ours:
        return ours, cut
    translated = _matched(everyone, owners, _port)
    if owners and len(translated) * 2 > len(owners):
        return translated, TRANSLATED
    return [_session(part, labels, UNKNOWN) for part, labels in everyone], NOT_SEPARATED


def _matched(
    everyone: Iterable[tuple[Part, Mapping[str, str]]],
    owners: Mapping[str, str],
    key: Callable[[str], str],
) -> list[_Session]:
    """Return the sessions whose client end belongs to a worker, compared by ``key``."""
    workers = {key(end): worker for end, worker in owners.items()}
    return [
        _session(part, labels, workers[key(labels["client"])])
        for part, labels in everyone
        if key(labels.get("client", "")) in workers
    ]


def _port(end: str) -> str:
    """Return the port of `10.0.0.3:41522` or `[::1]:41522`; what has none stands for itself."""
    return end.rpartition(":")[2]


def _session(part: Part, labels: Mapping[str, str], worker: str) -> _Session:
    return _Session(
        worker=worker,
        state=labels.get("state", "unknown"),
        waits_for=labels.get("wait", "none"),
        untouched_s=part.value,
        unchanged=labels.get("change") == "unchanged",
    )


def _split(sessions: Sequence[_Session]) -> dict[str, list[_Session]]:
    return {
        "db.service.connections": list(sessions),
        "db.service.busy": [s for s in sessions if s.state != "idle"],
        "db.service.active": [s for s in sessions if s.state == "active"],
        "db.service.held": [s for s in sessions if s.in_transaction and not s.leaked],
        "db.service.leaked": [s for s in sessions if s.leaked],
        "db.service.lock_waits": [s for s in sessions if s.waits_for == "Lock"],
    }


def _labels(signal: str, session: _Session) -> Labels:
    """Return the worker, and the state too where it is not the same for all."""
    worker = (("worker", session.worker),)
    return worker if signal in PER_WORKER else (("state", session.state), *worker)


def _reading(signal: str, chosen: Iterable[_Session], catalogue: Catalogue, bias: str | None) -> Reading:
    sessions = list(chosen)
    counts = Counter(_labels(signal, session) for session in sessions)
    parts = tuple(
        Part(labels=labels, value=count)
        for labels, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return Reading(
        signal=signal,
        unit=catalogue.unit(signal),
        source=SOURCE,
        value=float(len(sessions)),
        by=parts,
        bias=bias,
    )
