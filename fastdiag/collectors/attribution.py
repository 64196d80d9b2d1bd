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

from fastdiag.collectors.holders import Held, holders, pool_of_one
from fastdiag.model.signal import Catalogue, Labels, Missing, Part, Reading, Reason

SOURCE: Final = "attribution"
LEAK_AGE_S: Final = 30.0
"""Untouched in one transaction for longer than this, a session does not belong to a request any more:
SQLAlchemy's and psycopg's pools give up waiting after 30 s, so does gunicorn's default worker timeout."""
WHOLE: Final = "db.service.connections"
"""Broken down by `process`, most others by `worker` and state: signals without a common label are compared as
wholes. A young worker's only connection is often busy, so that the worst worker's share says little."""
HOLDERS: Final = "db.service.holders"
UNKNOWN: Final = "?"
"""Stands for the worker where none is known."""
TRANSLATED: Final = "matched by port alone: between service and database addresses are translated"
POOLED: Final = "the database was seen through a pooler: whose its connections are shows only there"
LOCAL: Final = "local"
"""How `db.backends` names a client at a Unix socket, of which the process table sees nothing."""
POOLER: Final = "pooler"
"""How `db.backends` names the server in its labels when it was not reached itself."""
PARTLY: Final = "{} of the service's database connections go elsewhere: to a pooler, or another server"
MAX_NAMED: Final = 3
NOT_SEPARATED: Final = "other programs' connections may be among them: no process of the service was matched"


@dataclass(frozen=True, slots=True)
class _Session:
    """One client connection as the server shows it, and the worker that owns it ("?" when unknown)."""

    worker: str
    state: str
    waits_for: str
    untouched_s: float
    unchanged: bool
    open_s: float
    listens: bool

    @property
    def is_taken(self) -> bool:
        """Whether the service cannot use it for anything else: who listens keeps it, idle as it looks."""
        return self.state != "idle" or self.listens

    @property
    def in_transaction(self) -> bool:
        return self.state.startswith("idle in transaction")

    @property
    def leaked(self) -> bool:
        return self.in_transaction and self.unchanged and self.untouched_s >= LEAK_AGE_S

    @property
    def is_long(self) -> bool:
        """Whether it works, now and then, in a transaction that began before any request under way."""
        return self.open_s >= LEAK_AGE_S and not self.leaked and self.waits_for != "Lock"


def attribute(readings: Mapping[str, Reading], catalogue: Catalogue) -> dict[str, Reading | Missing]:
    """Return the `db.service.*` signals that follow from `db.backends` and `db.sockets`."""
    signals = [signal.id for signal in catalogue.of(SOURCE)]
    backends, sockets = readings.get("db.backends"), readings.get("db.sockets")
    if backends is None:
        unseen = Missing(Reason.NOT_CONFIGURED, "the database's own view of its connections was not seen")
        return dict.fromkeys(signals, unseen)
    found = _sessions(backends, sockets)
    if isinstance(found, Missing):
        return dict.fromkeys(signals, found)
    sessions, bias = found
    bias = backends.bias or bias
    size = pool_of_one(readings.get("db.pool.size"), readings.get("workers.count"))
    by = tuple(holders([_held(session) for session in sessions], size))
    most = Reading(
        signal=HOLDERS,
        unit=catalogue.unit(HOLDERS),
        source=SOURCE,
        value=by[0].value if by else 0.0,
        by=by,
        bias=bias,
    )
    counts = {
        signal: _reading(signal, chosen, catalogue, bias) for signal, chosen in _split(sessions).items()
    }
    return {**counts, HOLDERS: most}


def _held(session: _Session) -> Held:
    waits = session.waits_for == "Lock"
    return Held(
        worker=session.worker,
        state="waiting for a lock" if waits else "listening" if session.listens else session.state,
        state_s=session.untouched_s,
        open_s=session.open_s,
        is_taken=session.is_taken,
        unchanged=session.unchanged,
    )


def _sessions(backends: Reading, sockets: Reading | None) -> tuple[list[_Session], str | None] | Missing:
    """Return the service's sessions; without any match all client sessions, with the bias that says so.

    Missing when the service is known to be connected to something else: then none of these sessions is its
    own, and that says nothing of how busy its connections are.
    """
    owned = [labels for part in (sockets.by if sockets else ()) if "local" in (labels := dict(part.labels))]
    owners = {labels["local"]: labels.get("worker", UNKNOWN) for labels in owned}
    everyone = [(part, dict(part.labels)) for part in backends.by]
    servers = {labels["server"] for _, labels in everyone if "server" in labels}
    ours = _matched(everyone, owners, lambda end: end)
    if ours:
        elsewhere = sum(_port(labels.get("remote", "")) not in servers for labels in owned) if servers else 0
        partly = PARTLY.format(elsewhere) if elsewhere else None
        return ours, (sockets.bias if sockets else None) or partly
    translated = _matched(everyone, owners, _port)
    if owners and len(translated) * 2 > len(owners):
        return translated, TRANSLATED
    if _has_none(sockets) and not any(labels.get("client") == LOCAL for _, labels in everyone):
        return [], None
    if POOLER in servers:
        return Missing(Reason.ABSENT, POOLED)
    if owners and servers and all(_port(labels.get("remote", "")) not in servers for labels in owned):
        return Missing(Reason.ABSENT, _elsewhere(owned, servers))
    return [_session(part, labels, UNKNOWN) for part, labels in everyone], NOT_SEPARATED


def _has_none(sockets: Reading | None) -> bool:
    """Whether the process table saw that the service, which has a driver, has no connection (over TCP)."""
    return sockets is not None and sockets.value == 0


def _elsewhere(owned: Sequence[Mapping[str, str]], servers: Iterable[str]) -> str:
    """Say where the service is connected instead of the server that was looked at."""
    remotes = sorted({labels.get("remote", UNKNOWN) for labels in owned})[:MAX_NAMED]
    return (
        f"the service is connected to {', '.join(remotes)}, not to port {', '.join(sorted(servers))} of the"
        " server that was looked at: a pooler stands between, or it uses another server"
    )


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
        open_s=float(labels.get("open_s", 0)),
        listens="listens" in labels,
    )


def _split(sessions: Sequence[_Session]) -> dict[str, list[_Session]]:
    return {
        "db.service.connections": list(sessions),
        "db.service.busy": [s for s in sessions if s.is_taken],
        "db.service.active": [s for s in sessions if s.state == "active"],
        "db.service.held": [s for s in sessions if s.in_transaction and not s.leaked],
        "db.service.idle_in_transaction": [s for s in sessions if s.in_transaction],
        "db.service.leaked": [s for s in sessions if s.leaked],
        "db.service.long": [s for s in sessions if s.is_long],
        "db.service.lock_waits": [s for s in sessions if s.waits_for == "Lock"],
    }


def _labels(signal: str, session: _Session) -> Labels:
    """Return the labels under which a session is counted."""
    if signal == WHOLE:
        return (("process", session.worker),)
    return (("state", session.state), ("worker", session.worker))


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
