"""Readings of the server's connections: how many, in which state, whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastdiag.collectors.postgres.rows import Backend, Limits
from fastdiag.collectors.postgres.samples import (
    ONE_SAMPLE,
    Samples,
    grouped,
    labels,
    oldest,
    state_course,
    transaction_course,
    window,
)
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Labels, Missing, Part

MAX_BACKENDS: Final = 500
BEHIND_POOLER: Final = "seen through a pooler: the clients are the pooler's own connections"

_LONGEST_IDLE: Final = "db.connections.idle.longest"
_BY_STATE: Final[dict[str, Callable[[Backend], bool]]] = {
    "db.connections.active": lambda backend: backend.is_running,
    "db.connections.idle": lambda backend: backend.is_idle,
    "db.connections.idle_in_transaction": lambda backend: backend.is_idle_in_transaction,
}


def report_connections(sink: Sink, samples: Samples) -> None:
    """Write db.connections.* and db.backends. Parts name application and client address."""
    if isinstance(samples.last.backends, Missing):
        refusal = samples.last.backends
        for signal in ("db.connections.total", *_BY_STATE, _LONGEST_IDLE, "db.backends"):
            sink.missing(signal, refusal.reason, refusal.detail)
        return
    _report_total(sink, samples)
    blind = samples.blind_spot
    for signal, condition in _BY_STATE.items():
        if blind:
            sink.missing(signal, blind.reason, blind.detail)
        else:
            _report_state(sink, samples, signal, condition)
    _report_longest_idle(sink, samples, blind)
    _report_backends(sink, samples)


def report_refusals(sink: Sink, samples: Samples) -> None:
    """Write db.connections.refused = 0, unless that is only so because the role may use reserved slots."""
    limits = samples.limits
    is_full = limits is not None and len(samples.backends) >= limits.max_connections - limits.reserved
    is_privileged = limits is not None and limits.may_use_reserved
    bias = "this role may use reserved slots; ordinary roles find none" if is_full and is_privileged else None
    sink.reading("db.connections.refused", 0, bias=bias)


def _report_total(sink: Sink, samples: Samples) -> None:
    first, last = samples.chosen(lambda _: True)

    def by(backend: Backend) -> Labels:
        return labels(
            application=backend.application,
            client=backend.address,
            state="hidden" if backend.is_hidden else backend.state or "unknown",
            user=backend.user,
        )

    sink.reading(
        "db.connections.total",
        len(last),
        by=grouped(last, by),
        window=window(len(first), len(last), are_two=samples.are_two),
    )


def _report_state(sink: Sink, samples: Samples, signal: str, condition: Callable[[Backend], bool]) -> None:
    first, last = samples.chosen(condition)
    sink.reading(
        signal,
        len(last),
        by=grouped(last, lambda backend: labels(application=backend.application, client=backend.address)),
        window=window(len(first), len(last), are_two=samples.are_two),
    )


def _report_longest_idle(sink: Sink, samples: Samples, blind: Missing | None) -> None:
    """Write for how long the connection has been idle that nobody has used for the longest."""
    if blind:
        sink.missing(_LONGEST_IDLE, blind.reason, blind.detail)
        return
    _, idle = samples.chosen(lambda backend: backend.is_idle)
    parts = oldest(idle, lambda backend: backend.since(backend.state_change))
    sink.reading(_LONGEST_IDLE, parts[0].value if parts else 0.0, by=parts)


def _report_backends(sink: Sink, samples: Samples) -> None:
    """Write what can be seen of each connection: even an unprivileged role sees its own sessions in full."""
    seen = [backend for backend in samples.backends if not (backend.is_hidden or backend.is_untracked)]
    if samples.blind_spot and not seen:
        sink.missing("db.backends", samples.blind_spot.reason, samples.blind_spot.detail)
        return
    biases = [
        samples.blind_spot.detail if samples.blind_spot else None,
        BEHIND_POOLER if samples.is_pooled else None,
        None if samples.are_two else ONE_SAMPLE,
        f"the {MAX_BACKENDS} longest in their state, of {len(seen)}" if len(seen) > MAX_BACKENDS else None,
    ]
    previous = samples.previous() if samples.are_two else None
    seen.sort(key=lambda backend: -backend.since(backend.state_change))
    sink.reading(
        "db.backends",
        None,
        by=[_part(backend, previous, samples.server) for backend in seen[:MAX_BACKENDS]],
        bias="; ".join(bias for bias in biases if bias) or None,
    )


def _part(backend: Backend, previous: dict[int, Backend] | None, server: str) -> Part:
    """One connection; what takes two samples (`transaction`, `change`) is left out when there was one.

    `open_s` is the age of its transaction, `listens` says that it is idle because it awaits notifications.

    ``server`` is the port under which the server was reached, or `pooler`: who connects to another port is
    not among these connections, whatever the numbers of its own ports are.
    """
    courses: dict[str, str] = {}
    if previous is not None:
        before = previous.get(backend.pid)
        courses["transaction"] = transaction_course(backend, before).value
        courses["change"] = state_course(backend, before).value
    if backend.xact_start is not None:
        courses["open_s"] = f"{backend.since(backend.xact_start):.0f}"
    if backend.is_idle and backend.listens:
        courses["listens"] = "yes"
    named = labels(
        pid=str(backend.pid),
        client=backend.client,
        application=backend.application,
        user=backend.user,
        database=backend.database,
        state=backend.state or "unknown",
        wait=backend.wait or "none",
        server=server,
        **courses,
    )
    return Part(labels=named, value=backend.since(backend.state_change))


def report_usable(sink: Sink, limits: Limits | Missing) -> None:
    """Write db.connections.max, and db.connections.usable: what ordinary roles may open of it."""
    if isinstance(limits, Missing):
        for signal in ("db.connections.usable", "db.connections.max"):
            sink.missing(signal, limits.reason, limits.detail)
        return
    sink.reading("db.connections.max", limits.max_connections)
    sink.reading("db.connections.usable", limits.max_connections - limits.reserved)


def report_logging(sink: Sink, limits: Limits | Missing) -> None:
    """Write what the server notes down of slow statements and of waits for locks."""
    if isinstance(limits, Missing):
        for signal in ("db.logging.slow_statements", "db.logging.lock_waits"):
            sink.missing(signal, limits.reason, limits.detail)
        return
    if limits.logs_slow_statements is not None:
        sink.reading("db.logging.slow_statements", limits.logs_slow_statements)
    if limits.logs_lock_waits is not None:
        sink.reading("db.logging.lock_waits", limits.logs_lock_waits)
