"""One cache, as far as it has been seen, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.redis_client import is_down
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.target import Secret

MIN_LOOKUPS: Final = 20
"""A hit ratio of fewer says little."""
OURS: Final = 1
"""Our own connection is among the clients that the server counts."""
Info = Mapping[str, str]


@dataclass(slots=True)
class Sight:
    """One cache, as far as it has been seen: filled piece by piece by the thread that watches it.

    before, after  INFO at the two samples, and when (a point of ``time.monotonic()``)
    pings_s        round trips between them
    """

    url: Secret
    shown: str = "a cache"
    before: tuple[float, Info] | None = None
    after: tuple[float, Info] | None = None
    pings_s: list[float] = field(default_factory=list)
    max_clients: float | SourceFailed | None = None
    requests: int = 0
    sent_between: int = 0
    failure: SourceFailed | None = None

    @property
    def is_down(self) -> bool | None:
        """Whether it answers nobody; None where that cannot be told."""
        return is_down(self.failure, has_answered=bool(self.pings_s))

    @property
    def info(self) -> Info:
        """The latest INFO."""
        latest = self.after or self.before
        return latest[1] if latest else {}

    @property
    def clients(self) -> float | None:
        """Connections of others."""
        connected = self.number("connected_clients")
        return None if connected is None else max(0.0, connected - OURS)

    @property
    def limit(self) -> float | None:
        """How many connections the server accepts, where it tells."""
        return self.max_clients if isinstance(self.max_clients, float) else None

    @property
    def fullness(self) -> tuple[float, float]:
        """What the fullest of several is known by."""
        return ((self.clients or 0.0) / self.limit if self.limit else 0.0, self.clients or 0.0)

    @property
    def memory(self) -> float | None:
        """Share of the allowed memory that is used; None without a limit."""
        used, allowed = self.number("used_memory"), self.number("maxmemory")
        return used / allowed if used is not None and allowed else None

    @property
    def hit_ratio(self) -> float | None:
        """Share of the look-ups between the samples that found their key; None when they were too few."""
        hits, misses = self.grown("keyspace_hits"), self.grown("keyspace_misses")
        if hits is None or misses is None or hits + misses < MIN_LOOKUPS:
            return None
        return hits / (hits + misses)

    def number(self, name: str) -> float | None:
        """Return a number of the latest INFO."""
        return number(self.info, name)

    def rate(self, name: str) -> float | None:
        """Return a counter's increase per second between the samples; what we sent ourselves is no part."""
        increase = self.grown(name)
        if increase is None or self.before is None or self.after is None:
            return None
        ours = self.sent_between if name == "total_commands_processed" else 0
        return max(0.0, increase - ours) / (self.after[0] - self.before[0])

    def grown(self, name: str) -> float | None:
        """Return a counter's increase between the samples; None when it is not there or was reset."""
        if self.before is None or self.after is None:
            return None
        first, last = number(self.before[1], name), number(self.after[1], name)
        return last - first if first is not None and last is not None and last >= first else None


def number(info: Info, name: str) -> float | None:
    """Return a number of INFO; None when it is not there or none."""
    try:
        return float(info[name])
    except (KeyError, ValueError):
        return None
