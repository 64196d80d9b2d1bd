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
