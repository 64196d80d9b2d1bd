"""From samples of the service's sockets to signals: requests, calls, statements; parts worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fastdiag.collectors.processes.figures import (
    MAX_PARTS,
    Unseen,
    by_median,
    median,
    parts,
    range_of,
    say_missing,
)
from fastdiag.collectors.processes.sample import Call, Request, Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Bound, Part, Reason

NO_DATABASE: Final = (
    "no TCP connection to a known database; one over a Unix socket, or an embedded one, cannot be seen"
)
"""None seen is not none there: a service on SQLite has a pool, too."""
NO_LIMIT: Final = "the kernel did not tell it"


def requests(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the requests that were received and not answered."""
    if unseen:
        say_missing(sink, unseen, "http.in_flight", "http.stuck", "http.oldest")
        return
    counts = [len(sample.requests) for sample in samples]
    stuck = [_older(sample.requests, slow_s) for sample in samples]
    unclear = [len(sample.unclear) for sample in samples]
    unclear_stuck = [sum(age > slow_s for age in sample.unclear) for sample in samples]
    held = by_median(samples, lambda sample: [request.holder for request in sample.requests], "worker")
    seen, least = range_of(counts), Bound.AT_LEAST
    sink.reading("http.in_flight", median(counts), by=held, window=seen, bias=_bias(unclear), bound=least)
    unsure = _bias(unclear_stuck)
    sink.reading("http.stuck", median(stuck), window=range_of(stuck), bias=unsure, bound=least)
    oldest = max((request.age_s for request in samples[-1].requests), default=0.0)
    sink.reading("http.oldest", oldest, bias=unsure, bound=least)


def calls(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the calls to other services that are not answered."""
    if unseen:
        say_missing(sink, unseen, "external.waiting", "external.stuck", "external.oldest")
        return
    waiting = [len(sample.calls) for sample in samples]
    stuck = [_older(sample.calls, slow_s) for sample in samples]
    oldest: dict[str, float] = {}
    for call in samples[-1].calls:
        oldest[call.remote] = max(call.age_s, oldest.get(call.remote, 0.0))
    sink.reading("external.waiting", median(waiting), by=_by_remote(samples, -1.0), window=range_of(waiting))
    sink.reading("external.stuck", median(stuck), by=_by_remote(samples, slow_s), window=range_of(stuck))
    sink.reading("external.oldest", max(oldest.values(), default=0.0), by=parts(oldest, "remote"))


def statements(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the statements that the database has not answered."""
    unseen = unseen or _without_database(samples)
    if unseen:
        say_missing(sink, unseen, "db.sockets.waiting", "db.sockets.stuck")
        return
    waiting = [len(sample.statements) for sample in samples]
    stuck = [_older(sample.statements, slow_s) for sample in samples]
    sink.reading("db.sockets.waiting", median(waiting), window=range_of(waiting))
    sink.reading("db.sockets.stuck", median(stuck), window=range_of(stuck))


def connections(sink: Sink, samples: Sequence[Sample], *, none_is_none: bool, unseen: Unseen | None) -> None:
    """Write the connections that the service opened, those to its database one by one.

    ``none_is_none``: it is known to use a database over TCP, so that having no connection is a finding.
    """
    if unseen:
        say_missing(sink, unseen, "db.sockets", "process.sockets")
        return
    last = samples[-1]
    held = [
        Part(labels=(("remote", remote), ("worker", worker)), value=count)
        for (worker, remote), count in last.connections.most_common(MAX_PARTS)
    ]
    sink.reading("process.sockets", last.connections.total(), by=held)
    if without := _without_database(samples):
        # One to an unknown port may well lead to a database or a pooler.
        if none_is_none and not any(sample.connections for sample in samples):
            sink.reading("db.sockets", 0.0)
        else:
            say_missing(sink, without, "db.sockets")
        return
    named = [Part(labels=labels, value=1.0) for labels in sorted(last.database)[:MAX_PARTS]]
    cut = f"only {MAX_PARTS} of {len(last.database)} are named" if len(last.database) > MAX_PARTS else None
    sink.reading(
        "db.sockets",
        len(last.database),
        by=named,
        window=range_of([len(sample.database) for sample in samples]),
        bias=cut,
    )


def _without_database(samples: Sequence[Sample]) -> Unseen | None:
    return None if any(sample.database for sample in samples) else Unseen(Reason.ABSENT, NO_DATABASE)


def backlog(sink: Sink, samples: Sequence[Sample], *, eager: str | None, unseen: Unseen | None) -> None:
    """Write how many connections wait to be accepted, and how many may, for each listening socket.

    ``eager`` says why an empty queue proves nothing; None where connections wait for the event loop.
    """
    if unseen:
        say_missing(sink, unseen, "server.backlog", "server.backlog.limit", "server.backlog.utilization")
        return
    queues = [sample.backlog for sample in samples]
    if eager and not any(queues):
        sink.missing("server.backlog", Reason.ABSENT, eager)
    else:
        by = [Part(labels=(("local", local),), value=count) for local, count, _ in samples[-1].listeners]
        sink.reading("server.backlog", median(queues), by=by[:MAX_PARTS], window=range_of(queues))
    limits = [(local, limit) for local, _, limit in samples[-1].listeners if limit is not None]
    if limits:
        by = [Part(labels=(("local", local),), value=limit) for local, limit in limits]
        sink.reading("server.backlog.limit", float(sum(limit for _, limit in limits)), by=by[:MAX_PARTS])
    else:
        sink.missing("server.backlog.limit", Reason.ABSENT, NO_LIMIT)
    _report_fullest(sink, samples)


def _report_fullest(sink: Sink, samples: Sequence[Sample]) -> None:
    """Write how full the fullest accept queue is: the sum over sockets would hide one that overflows."""
    shares = [
        {local: count / limit for local, count, limit in sample.listeners if limit} for sample in samples
    ]
    if not any(shares):
        sink.missing("server.backlog.utilization", Reason.ABSENT, NO_LIMIT)
        return
    medians = {local: median([share.get(local, 0.0) for share in shares]) for local in set().union(*shares)}
    sink.reading("server.backlog.utilization", max(medians.values()), by=parts(medians, "local"))


def _older(waiting: Iterable[Request | Call], than_s: float) -> int:
    return sum(each.age_s > than_s for each in waiting)


def _by_remote(samples: Sequence[Sample], older_than_s: float) -> list[Part]:
    """Return the median number of calls to each remote that are older, the most first."""
    return by_median(
        samples, lambda sample: [call.remote for call in sample.calls if call.age_s > older_than_s], "remote"
    )


def _bias(unclear: Sequence[int]) -> str | None:
    """Say that more may be in hand: of a fast exchange the kernel's clock cannot tell who spoke last."""
    more = round(median(unclear))
    connections = "connection" if more == 1 else "connections"
    return (
        f"at least that; {more} more {connections} may be busy or idle, it cannot be told" if more else None
    )
