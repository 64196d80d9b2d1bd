"""Dramatiq's queues on Redis, under its default namespace.

dramatiq:NAME, dramatiq:NAME.msgs   ids that wait, the next at the head; messages, until they are acknowledged
dramatiq:NAME.DQ, dramatiq:NAME.XQ  the same for delayed messages (retries among them), and for dead ones
dramatiq:__heartbeats__             broker ids by the time they were last heard of, producers among them
dramatiq:__acks__.ID.NAME           messages that a process has taken and not acknowledged
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Final

from fastdiag.collectors.queue.keys import Names, found_by_scan, refused
from fastdiag.collectors.queue.sight import (
    COMPLETED,
    CONSUMERS,
    DEPTH,
    FAILED,
    FAILURES,
    NOTHING_WAITS,
    OLDEST,
    PREFETCHED,
    RETRIES,
    SCHEDULED,
    Fact,
    QueueSight,
    Seen,
    System,
    absent,
    seen,
)
from fastdiag.collectors.redis_client import Redis, Refused
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.redis_client.resp import TooLarge
from fastdiag.model.signal import Missing

HEARTBEATS: Final = "dramatiq:__heartbeats__"
PREFIX: Final = "dramatiq:"
MESSAGES: Final = ".msgs"
DEFAULT_QUEUE: Final = "default"
HEARTBEAT_LIMIT_MS: Final = 60_000
"""Dramatiq's own heartbeat_timeout: older ones are dead."""
MAX_PROCESSES: Final = 50
_PRODUCERS: Final = "processes heard of within a minute; those that only enqueue are among them"
_UNCOUNTED: Final = "Dramatiq counts it in the worker only: use its Prometheus middleware"
_BY_JOBS: Final = {COMPLETED: absent(_UNCOUNTED)}
"""Where they are not too many, those that have gone between the looks tell."""


def find(redis: Redis, named: Sequence[str]) -> Names:
    """Return the names of the queues; none when there is no trace of Dramatiq."""
    if not read.number(redis.call(ask.exists(HEARTBEATS))):
        return Names()
    keys = found_by_scan(redis, f"{PREFIX}*{MESSAGES}")
    bases = (key.removeprefix(PREFIX).removesuffix(MESSAGES) for key in keys.found)
    names = (base.removesuffix(".DQ").removesuffix(".XQ") for base in bases)
    return Names(tuple(dict.fromkeys((DEFAULT_QUEUE, *named, *names))), keys.is_complete)


def look(redis: Redis, queues: Sequence[str]) -> list[QueueSight]:
    """Return what the lists and hashes show of each queue, and who has been heard of."""
    since = str(int(time.time() * 1000) - HEARTBEAT_LIMIT_MS)
    alive = read.number(redis.call(ask.zcount(HEARTBEATS, since, "+inf")))
    (heard,) = redis.pipeline([ask.zrangebyscore(HEARTBEATS, since, "+inf", MAX_PROCESSES)])
    processes = [process for process, _ in read.scores(heard)]
    consumers = seen(alive, _PRODUCERS if alive else None, of="the set of heartbeats")
    totals = dict.fromkeys((FAILURES, RETRIES), absent(_UNCOUNTED))
    everywhere = QueueSight(name=None, system=System.DRAMATIQ, gauges={CONSUMERS: consumers}, totals=totals)
    return [*(_queue(redis, queue, processes) for queue in queues), everywhere]


def _queue(redis: Redis, queue: str, processes: Sequence[str]) -> QueueSight:
    key = PREFIX + queue
    replies = redis.pipeline(
        [
            ask.llen(key),
            ask.hlen(key + MESSAGES),
            ask.hlen(f"{key}.DQ{MESSAGES}"),
            ask.zcard(f"{key}.XQ"),
            ask.lindex(key, 0),
        ]
    )
    depth, messages, later, dead = (read.number(reply) for reply in replies[:4])
    held = None if depth is None or messages is None else max(0.0, messages - depth)
    head = read.text(replies[4])
    what = f"the queue {queue!r}"
    gauges = {
        DEPTH: seen(depth, of=what),
        PREFETCHED: seen(held, of=what),
        SCHEDULED: seen(later, of=what),
        FAILED: seen(dead, of=what),
        OLDEST: refused(replies[4], "LINDEX")
        or (_age(redis, key + MESSAGES, head) if head else NOTHING_WAITS),
    }
    return QueueSight(
        name=queue,
        system=System.DRAMATIQ,
        gauges=gauges,
        totals=_BY_JOBS,
        jobs=_taken(redis, queue, processes),
    )


def _taken(redis: Redis, queue: str, processes: Sequence[str]) -> frozenset[str] | None:
    """Return the messages that processes have in hand; None where they are too many, or not to be seen."""
    if not processes:
        return None
    keys = [f"{PREFIX}__acks__.{process}.{queue}" for process in processes]
    sizes = redis.pipeline([ask.scard(key) for key in keys])
    held = [key for key, size in zip(keys, sizes, strict=True) if read.number(size)]
    if sum(read.number(size) or 0.0 for size in sizes) > ask.MAX_LISTED:
        return None
    found = redis.pipeline([ask.smembers(key) for key in held]) if held else []
    return frozenset(message for reply in found for message in read.texts(reply))


def _age(redis: Redis, messages: str, head: str) -> Fact:
    """Return how long ago the message that is next was made."""
    try:
        message = json.loads(read.text(redis.call(ask.hget(messages, head))) or "null")
    except TooLarge as large:
        return Missing(large.reason, f"the next message: {large.detail}")
    except Refused as failure:
        return Missing(failure.reason, failure.detail)
    except (ValueError, RecursionError):
        message = None
    match message:
        case {"message_timestamp": int() | float() as made_ms} if 0 <= made_ms < sys.maxsize:
            return Seen(max(0.0, time.time() - made_ms / 1000))
        case _:
            return absent("the next message does not say when it was made")
