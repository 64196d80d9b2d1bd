"""A Redis server as a broker: which programs keep queues there, and what they look like."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.queue import arq, celery, dramatiq, rq
from fastdiag.collectors.queue.health import Health, health_of_redis
from fastdiag.collectors.queue.keys import Names
from fastdiag.collectors.queue.sight import DEPTH, Moment, QueueSight, System, partly, seen
from fastdiag.collectors.redis_client import Redis
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason


@dataclass(frozen=True, slots=True)
class Layout:
    """How a program lays out its queues: find their names (none: it is not there), look at them."""

    find: Callable[[Redis, Sequence[str]], Names]
    look: Callable[[Redis, Sequence[str]], list[QueueSight]]


def _lists(redis: Redis, named: Sequence[str]) -> Names:
    """Return the named queues that are lists, or nothing at all: an empty list does not exist."""
    types = redis.pipeline([ask.type_of(name) for name in named]) if named else []
    return Names(
        tuple(name for name, kind in zip(named, types, strict=True) if read.text(kind) in {"list", "none"})
    )


def _look_at_lists(redis: Redis, queues: Sequence[str]) -> list[QueueSight]:
    lengths = redis.pipeline([ask.llen(queue) for queue in queues])
    return [
        QueueSight(
            name=queue,
            system=System.LIST,
            gauges={DEPTH: seen(read.number(length), of=f"the list {queue!r}")},
        )
        for queue, length in zip(queues, lengths, strict=True)
    ]


PROGRAMS: Final = (
    Layout(celery.find, celery.look),
    Layout(rq.find, rq.look),
    Layout(arq.find, arq.look),
    Layout(dramatiq.find, dramatiq.look),
)
PARTIAL: Final = "too many keys to find every queue among them: name the queues with ?queues=NAME,NAME"
LISTS: Final = Layout(_lists, _look_at_lists)


@dataclass(slots=True)
class RedisPlace:
    """A Redis server; what keeps queues there is found at the first look."""

    redis: Redis
    _found: list[tuple[Layout, Names]] = field(default_factory=list)

    def health(self) -> Health:
        """Tell whether the server takes new jobs. Raises SourceFailed."""
        return health_of_redis(self.redis)

    def look(self) -> Moment:
        """Look at every queue of every program. Raises SourceFailed, also when there is none."""
        self._found = self._found or self._find()
        queues = []
        for layout, names in self._found:
            sights = layout.look(self.redis, names.found)
            queues += (
                sights
                if names.is_complete or self.redis.address.queues
                else [partly(sight, PARTIAL) for sight in sights]
            )
        return Moment(at=time.monotonic(), queues=tuple(queues))

    def _find(self) -> list[tuple[Layout, Names]]:
        named = self.redis.address.queues
        found = [(layout, layout.find(self.redis, named)) for layout in PROGRAMS]
        there = [(layout, names) for layout, names in found if names.found]
        if not there and (names := _lists(self.redis, named)).found:
            there = [(LISTS, names)]
        if not there:
            raise SourceFailed(
                Reason.ABSENT,
                f"no queue of Celery, RQ, arq or Dramatiq in database {self.redis.address.database}",
                hint="another database number? or name the queues: redis://HOST:6379/0?queues=NAME,NAME",
            )
        return there
