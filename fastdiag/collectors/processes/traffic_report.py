"""From samples of the service's sockets to signals: medians over the window, parts worst first."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from fastdiag.collectors.processes.sample import Call, Request, Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Part, Range, Reason

MAX_PARTS: Final = 500
NO_DATABASE: Final = (
    "no TCP connection to a known database; one over a Unix socket, or an embedded one, cannot be seen"
)
"""None seen is not none there: a service on SQLite has a pool, too."""


class Unseen(NamedTuple):
    """Why a group of signals has no reading."""

    reason: Reason
    detail: str


def requests(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the requests that were received and not answered."""
    if unseen:
        _say_missing(sink, unseen, "http.in_flight", "http.stuck", "http.oldest")
        return
    counts = [len(sample.requests) for sample in samples]
    stuck = [_older(sample.requests, slow_s) for sample in samples]
    unclear = [len(sample.unclear) for sample in samples]
    unclear_stuck = [sum(age > slow_s for age in sample.unclear) for sample in samples]
    parts = _by_median(samples, lambda sample: [request.holder for request in sample.requests], "worker")
    sink.reading("http.in_flight", _median(counts), by=parts, window=_range(counts), bias=_bias(unclear))
    sink.reading("http.stuck", _median(stuck), window=_range(stuck), bias=_bias(unclear_stuck))
    oldest = max((request.age_s for request in samples[-1].requests), default=0.0)
    sink.reading("http.oldest", oldest, bias=_bias(unclear_stuck))


def calls(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the calls to other services that are not answered."""
    if unseen:
        _say_missing(sink, unseen, "external.waiting", "external.stuck", "external.oldest")
        return
    waiting = [len(sample.calls) for sample in samples]
    stuck = [_older(sample.calls, slow_s) for sample in samples]
    oldest: dict[str, float] = {}
    for call in samples[-1].calls:
        oldest[call.remote] = max(call.age_s, oldest.get(call.remote, 0.0))
    sink.reading("external.waiting", _median(waiting), by=_by_remote(samples, -1.0), window=_range(waiting))
    sink.reading("external.stuck", _median(stuck), by=_by_remote(samples, slow_s), window=_range(stuck))
    sink.reading("external.oldest", max(oldest.values(), default=0.0), by=_parts(oldest, "remote"))


def statements(sink: Sink, samples: Sequence[Sample], slow_s: float, *, unseen: Unseen | None) -> None:
    """Write the statements that the database has not answered."""
    unseen = unseen or _without_database(samples)
    if unseen:
        _say_missing(sink, unseen, "db.sockets.waiting", "db.sockets.stuck")
        return
    waiting = [len(sample.statements) for sample in samples]
    stuck = [sum(age > slow_s for age in sample.statements) for sample in samples]
    sink.reading("db.sockets.waiting", _median(waiting), window=_range(waiting))
    sink.reading("db.sockets.stuck", _median(stuck), window=_range(stuck))


def connections(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write the connections that the service opened, those to its database one by one."""
    if unseen:
        _say_missing(sink, unseen, "db.sockets", "process.sockets")
        return
    last = samples[-1]
    held = [
        Part(labels=(("remote", remote), ("worker", worker)), value=count)
        for (worker, remote), count in last.connections.most_common(MAX_PARTS)
    ]
    sink.reading("process.sockets", last.connections.total(), by=held)
    if without := _without_database(samples):
        _say_missing(sink, without, "db.sockets")
        return
    named = [Part(labels=labels, value=1.0) for labels in sorted(last.database)[:MAX_PARTS]]
    cut = f"only {MAX_PARTS} of {len(last.database)} are named" if len(last.database) > MAX_PARTS else None
    sink.reading(
        "db.sockets",
        len(last.database),
        by=named,
        window=_range([len(sample.database) for sample in samples]),
        bias=cut,
    )


def _without_database(samples: Sequence[Sample]) -> Unseen | None:
    return None if any(sample.database for sample in samples) else Unseen(Reason.ABSENT, NO_DATABASE)


def backlog(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write how many connections wait to be accepted, and how many may."""
    if unseen:
        _say_missing(sink, unseen, "server.backlog", "server.backlog.limit")
        return
    queues = [sample.backlog for sample in samples]
    sink.reading("server.backlog", _median(queues), window=_range(queues))
    limit = samples[-1].backlog_limit
    if limit is not None:
        sink.reading("server.backlog.limit", float(limit))
    else:
        sink.missing("server.backlog.limit", Reason.ABSENT, "the kernel did not tell it")


def _say_missing(sink: Sink, unseen: Unseen, *signals: str) -> None:
    for signal in signals:
        sink.missing(signal, unseen.reason, unseen.detail)


def _older(waiting: Iterable[Request | Call], than_s: float) -> int:
    return sum(each.age_s > than_s for each in waiting)


def _by_remote(samples: Sequence[Sample], older_than_s: float) -> list[Part]:
    """Return the median number of calls to each remote that are older, the most first."""
    return _by_median(
        samples, lambda sample: [call.remote for call in sample.calls if call.age_s > older_than_s], "remote"
    )


def _by_median(samples: Sequence[Sample], names: Callable[[Sample], Sequence[str]], label: str) -> list[Part]:
    """Return how often each name occurs, as the median of the samples; what is seldom there is left out."""
    counts = [Counter(names(sample)) for sample in samples]
    medians = {name: _median([each[name] for each in counts]) for name in set().union(*counts)}
    return _parts({name: count for name, count in medians.items() if count}, label)


def _parts(values: dict[str, float], label: str) -> list[Part]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:MAX_PARTS]
    return [Part(labels=((label, name),), value=value) for name, value in ordered]


def _bias(unclear: Sequence[int]) -> str | None:
    """Say that more may be in hand: of a fast exchange the kernel's clock cannot tell who spoke last."""
    more = round(_median(unclear))
    return f"at least that; {more} more connections may be busy or idle, it cannot be told" if more else None


def _median(counts: Sequence[int]) -> float:
    return float(statistics.median(counts)) if counts else 0.0


def _range(counts: Sequence[int]) -> Range:
    return Range(lowest=min(counts), highest=max(counts), samples=len(counts))
