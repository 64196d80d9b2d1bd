"""From samples of the service's sockets to signals: the connections themselves, whatever travels on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from fastdiag.collectors.processes.figures import Unseen, by_median, median, parts, range_of, say_missing
from fastdiag.collectors.processes.sample import Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Range, Reason

NO_CACHE: Final = Unseen(
    Reason.ABSENT, "no TCP connection to a known cache; one over a Unix socket cannot be seen"
)
NO_DATABASE: Final = Unseen(Reason.ABSENT, "no TCP connection to a known database")
NO_BROKER: Final = Unseen(Reason.ABSENT, "no TCP connection to a message broker (AMQP, Kafka, NATS, MQTT)")
UNKNOWN_END: Final = Unseen(
    Reason.ABSENT, "the database is on another machine, or its process cannot be seen: it may be a pooler"
)


def commands(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write the commands that a cache has not answered."""
    unseen = unseen or (None if any(sample.caches for sample in samples) else NO_CACHE)
    if unseen:
        say_missing(sink, unseen, "cache.waiting")
        return
    waiting = [len(sample.commands) for sample in samples]
    by = by_median(samples, lambda sample: [call.remote for call in sample.commands], "remote")
    sink.reading("cache.waiting", median(waiting), by=by, window=range_of(waiting))


def states(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write how many connections are in the states that tell of trouble."""
    if unseen:
        say_missing(sink, unseen, "external.sockets", "process.connecting", "process.sockets.close_wait")
        return
    _count(sink, "external.sockets", [sample.services for sample in samples])
    _count(sink, "process.connecting", [sample.connecting for sample in samples])
    _count(sink, "process.sockets.close_wait", [sample.half_closed for sample in samples])


def pooled(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write whether the connections to the database end at a pooler: known where it runs on this machine.

    Elsewhere only a pooler's port tells; that another port is the server's own cannot be known.
    """
    ends = next((sample.poolers for sample in reversed(samples) if sample.poolers), None)
    unseen = unseen or (None if ends else NO_DATABASE)
    if unseen or ends is None:
        say_missing(sink, unseen or NO_DATABASE, "db.pooled")
        return
    through = {remote: float(count) for (remote, is_pooler), count in ends.items() if is_pooler}
    if through:
        sink.reading("db.pooled", 1.0, by=parts(through, "remote"))
    elif None in (is_pooler for _, is_pooler in ends):
        say_missing(sink, UNKNOWN_END, "db.pooled")
    else:
        sink.reading("db.pooled", 0.0)


def brokers(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write the connections to message brokers; of a Redis nobody can tell whether it is one."""
    unseen = unseen or (None if any(sample.brokers for sample in samples) else NO_BROKER)
    if unseen:
        say_missing(sink, unseen, "queue.sockets")
        return
    _count(sink, "queue.sockets", [sample.brokers for sample in samples])


def lookups(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write in which share of the samples a host name was being looked up."""
    if unseen:
        say_missing(sink, unseen, "dns.waiting")
        return
    resolving = [sample.is_resolving for sample in samples]
    seen = Range(lowest=min(resolving), highest=max(resolving), samples=len(resolving))
    sink.reading("dns.waiting", sum(resolving) / len(resolving), window=seen)


def _count(sink: Sink, signal: str, counts: Sequence[Counter[str]]) -> None:
    """Write the median of the totals, and the last sample by remote endpoint."""
    totals = [each.total() for each in counts]
    by = parts({remote: float(count) for remote, count in counts[-1].items()}, "remote")
    sink.reading(signal, median(totals), by=by, window=range_of(totals))
