"""From what the caches show to readings: the worst of them is the value, all are parts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence

from fastdiag.collectors.cache_sight import MIN_LOOKUPS, Sight
from fastdiag.collectors.redis_client import Full
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.collectors.unreachable import Unreachable, doubt_of
from fastdiag.model.signal import Part, Range, Reason


def report(sights: Sequence[Sight], sink: Sink) -> None:
    """Write a reading, or the reason why there is none, for everything that was looked at."""
    answering = [sight for sight in sights if sight.info]
    _report_unreachable(sights, sink)
    _report_latency([sight for sight in sights if sight.pings_s], sink)
    _report_clients(sights, answering, sink)
    _worst(
        sink,
        "cache.memory.utilization",
        answering,
        lambda sight: sight.memory,
        "no limit on memory is set (maxmemory 0)",
    )
    _worst(sink, "cache.clients.blocked", answering, lambda sight: sight.number("blocked_clients"))
    _total(sink, "cache.refused", answering, lambda sight: sight.rate("rejected_connections"))
    _total(sink, "cache.evictions", answering, lambda sight: sight.rate("evicted_keys"))
    _total(sink, "cache.commands", answering, lambda sight: sight.rate("total_commands_processed"))
    _report_hits(answering, sink)


def _report_unreachable(sights: Sequence[Sight], sink: Sink) -> None:
    """Write how many caches answer nobody; that it is none takes knowing it of all of them."""
    down = sum(1 for sight in sights if sight.is_down)
    unknown = [sight.failure for sight in sights if sight.is_down is None and sight.failure]
    if down or not unknown:
        gone = [sight.failure for sight in sights if isinstance(sight.failure, Unreachable)]
        sink.reading("cache.unreachable", float(down), bias=doubt_of(gone))
    else:
        sink.missing("cache.unreachable", unknown[0].reason, unknown[0].detail)


def _report_latency(sights: Sequence[Sight], sink: Sink) -> None:
    if not sights:
        return
    # The mean: a server that stands still for a second answers most of a few PINGs at once all the same.
    parts = _parts(sights, lambda sight: statistics.fmean(sight.pings_s))
    pings = [seconds for sight in sights for seconds in sight.pings_s]
    window = Range(lowest=min(pings), highest=max(pings), samples=len(pings))
    sink.reading("cache.latency", parts[0].value, by=parts, window=window)


def _report_clients(sights: Sequence[Sight], answering: Sequence[Sight], sink: Sink) -> None:
    """Tell the clients and the limit of one and the same server: the fullest."""
    if any(isinstance(sight.failure, Full) for sight in sights):
        sink.reading("cache.clients.utilization", 1.0)
        return
    seen = [sight for sight in answering if sight.clients is not None]
    if not seen:
        return
    fullest = max(seen, key=lambda sight: sight.fullness)
    sink.reading("cache.clients", fullest.clients, by=_parts(seen, lambda sight: sight.clients))
    match fullest.max_clients:
        case float(limit):
            sink.reading("cache.clients.limit", limit, by=_parts(seen, lambda sight: sight.limit))
        case SourceFailed() as failure:
            sink.missing("cache.clients.limit", failure.reason, failure.detail)
        case None:
            sink.missing("cache.clients.limit", Reason.ABSENT, "the server does not tell maxclients")


def _report_hits(sights: Sequence[Sight], sink: Sink) -> None:
    if not any(sight.after for sight in sights):
        return
    parts = sorted(_parts(sights, lambda sight: sight.hit_ratio), key=lambda part: part.value)
    if parts:
        sink.reading("cache.hit.ratio", parts[0].value, by=parts)
    else:
        detail = f"fewer than {MIN_LOOKUPS} look-ups between the samples"
        sink.missing("cache.hit.ratio", Reason.ABSENT, detail)


def _worst(
    sink: Sink,
    signal: str,
    sights: Sequence[Sight],
    value: Callable[[Sight], float | None],
    why_not: str = "the server does not tell it",
) -> None:
    if parts := _parts(sights, value):
        sink.reading(signal, parts[0].value, by=parts)
    elif sights:
        sink.missing(signal, Reason.ABSENT, why_not)


def _total(sink: Sink, signal: str, sights: Sequence[Sight], value: Callable[[Sight], float | None]) -> None:
    if parts := _parts(sights, value):
        sink.reading(signal, math.fsum(part.value for part in parts), by=parts)
    elif sights:
        sink.missing(
            signal, Reason.ABSENT, "no second sample to compare with: there was no time, or it restarted"
        )


def _parts(sights: Iterable[Sight], value: Callable[[Sight], float | None]) -> list[Part]:
    """Return a part for each cache that has the value, the highest first."""
    found = [(sight.shown, value(sight)) for sight in sights]
    parts = [Part(labels=(("cache", shown),), value=number) for shown, number in found if number is not None]
    return sorted(parts, key=lambda part: (-part.value, part.labels))
