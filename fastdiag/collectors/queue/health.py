"""Whether a broker takes new jobs at all: what holds it up, whom it holds up, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from fastdiag.collectors.queue.sight import Fact, Moment
from fastdiag.collectors.redis_client import Redis
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Missing, Reason

REFUSALS: Final = {
    "OOM": "maxmemory is reached and nothing may be evicted",
    "MISCONF": "its last save to disk failed",
    "READONLY": "it is a read-only replica",
    "NOREPLICAS": "too few replicas follow it",
}
"""Error codes with which Redis refuses what writes, and what each means."""
_ERRORS: Final = "errorstat_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What keeps jobs out of one broker at one moment.

    blocked  why it takes no new jobs; empty: it does
    clients  connections that it holds up because they publish; None where a broker refuses instead
    refused  error code -> how often it has refused to write since it started; None: it does not refuse
    """

    blocked: tuple[str, ...] | Missing
    clients: Fact | None = None
    refused: Mapping[str, float] | Missing | None = field(default=None)


class Place(Protocol):
    """A broker or monitor that can be looked at. Both raise SourceFailed."""

    def health(self) -> Health | None:
        """Tell whether it takes new jobs; None where that is not for it to say."""
        ...

    def look(self) -> Moment:
        """Look at its queues once."""
        ...


def health_of_redis(redis: Redis) -> Health:
    """Ask a Redis server for its state. Raises SourceFailed when it is down."""
    try:
        info = read.fields(redis.call(ask.INFO))
    except SourceFailed as failure:
        if failure.reason is not Reason.DENIED:
            raise
        why = Missing(failure.reason, failure.detail)
        return Health(blocked=why, refused=why)
    reasons = tuple(REFUSALS[code] for code in _states(info, stops_unsaved=_stops_unsaved(redis, info)))
    return Health(blocked=reasons, refused=_refused(info))


def newly_refused(first: Health, last: Health) -> dict[str, float] | None:
    """Return how many writes were refused between two looks, by code; None where that is not counted."""
    before, after = first.refused, last.refused
    if before is None or after is None or isinstance(before, Missing) or isinstance(after, Missing):
        return None
    grown = {code: count - before.get(code, 0.0) for code, count in after.items()}
    return None if any(count < 0 for count in grown.values()) else grown


def _states(info: Mapping[str, str], *, stops_unsaved: bool) -> Iterator[str]:
    """Yield the codes with which the server would refuse to write, as far as its state tells by itself.

    That only some keys may be evicted, and none of them is left, shows in its refusals alone.
    """
    limit = _number(info, "maxmemory")
    used = _number(info, "used_memory") - _number(info, "mem_not_counted_for_evict")
    if limit and used > limit and info.get("maxmemory_policy") == "noeviction":
        yield "OOM"
    if info.get("aof_last_write_status") == "err" or stops_unsaved:
        yield "MISCONF"
    if info.get("role") == "slave" and info.get("slave_read_only") == "1":
        yield "READONLY"


def _stops_unsaved(redis: Redis, info: Mapping[str, str]) -> bool:
    """Whether the server refuses to write because a save failed; where CONFIG is denied, refusals tell."""
    if info.get("rdb_last_bgsave_status") != "err":
        return False
    try:
        settings = [read.texts(redis.call(command)) for command in (ask.STOPS_UNSAVED, ask.SAVE_POINTS)]
    except SourceFailed:
        return False
    (_, stops), (_, points) = ((*setting, "", "")[:2] for setting in settings)
    return stops == "yes" and bool(points)


def _refused(info: Mapping[str, str]) -> Mapping[str, float] | Missing:
    if "total_error_replies" not in info:
        return Missing(Reason.ABSENT, "Redis before 6.2 does not count its refusals")
    return dict(_counts(info, REFUSALS))


def _counts(info: Mapping[str, str], codes: Iterable[str]) -> Iterator[tuple[str, float]]:
    for code in codes:
        stats = dict(pair.partition("=")[::2] for pair in info.get(f"{_ERRORS}{code}", "").split(","))
        yield code, _number(stats, "count")


def _number(values: Mapping[str, str], name: str) -> float:
    try:
        return float(values.get(name, "0"))
    except ValueError:
        return 0.0
