r"""Celery's queues on Redis (kombu's transport): a list a queue and priority, a hash of what workers hold.

celery, celery\x06\x163, ...   lists of messages, the newest at the head
unacked, unacked_index         messages that workers hold: prefetched, waiting for their time, or late-acked
_kombu.binding.EXCHANGE        sets of `routing key, pattern, queue`: the names of the queues
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from fastdiag.collectors.queue.keys import Names, found_by_scan
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
from fastdiag.model.signal import Missing, Reason

DEFAULT_QUEUE: Final = "celery"
BINDINGS: Final = "_kombu.binding."
SIGNS: Final = (DEFAULT_QUEUE, "unacked", f"{BINDINGS}{DEFAULT_QUEUE}")
SEPARATOR: Final = "\x06\x16"
PRIORITIES: Final = ("", *(f"{SEPARATOR}{step}" for step in (3, 6, 9)))
MAX_HELD: Final = 100
"""Of the messages that workers hold, so many are read, to tell those that wait for their time."""
_OURS: Final = (".celery.pidbox", "celeryev.")
_NOT_HERE: Final = "Celery tells its {} by events only, not by the broker: use Flower or celery-exporter"
_NO_CONSUMERS: Final = (
    "a Redis broker does not know Celery's workers: look at their processes, or give Flower's URL"
)
_NO_TIME: Final = "Celery's messages carry no time of sending"


def find(redis: Redis, named: Sequence[str]) -> Names:
    """Return the names of the queues; none when there is no trace of Celery."""
    bindings = found_by_scan(redis, f"{BINDINGS}*")
    if not bindings.found and not read.number(redis.call(ask.exists(*SIGNS))):
        return Names()
    keys = dict.fromkeys((f"{BINDINGS}{DEFAULT_QUEUE}", *bindings.found))
    names = dict.fromkeys((*named, DEFAULT_QUEUE))
    for reply in redis.pipeline([ask.smembers(key) for key in keys]):
        names.update(dict.fromkeys(name for binding in read.texts(reply) if (name := _queue_of(binding))))
    return Names(tuple(names), bindings.is_complete)


def look(redis: Redis, queues: Sequence[str]) -> list[QueueSight]:
    """Return what the lists show of each queue, and what workers hold of all of them."""
    lengths = redis.pipeline([ask.llen(queue + step) for queue in queues for step in PRIORITIES])
    counts = [read.number(reply) for reply in lengths]
    sights = []
    for at, queue in enumerate(queues):
        own = counts[at * len(PRIORITIES) : (at + 1) * len(PRIORITIES)]
        depth = None if None in own else sum(count for count in own if count is not None)
        gauges = {DEPTH: seen(depth, of=f"the list {queue!r}"), CONSUMERS: absent(_NO_CONSUMERS)}
        sights.append((queue, depth, gauges))
    held = _held(redis)
    return [
        *(
            QueueSight(
                name=queue,
                system=System.CELERY,
                gauges={**gauges, OLDEST: _oldest(redis, queue) if depth != 0 else NOTHING_WAITS},
            )
            for queue, depth, gauges in sights
        ),
        held,
    ]


_NEVER_TOLD: Final = {
    FAILURES: absent(_NOT_HERE.format("failures")),
    RETRIES: absent(_NOT_HERE.format("retries")),
    COMPLETED: absent(_NOT_HERE.format("completed tasks")),
}


def _queue_of(binding: str) -> str | None:
    """Return the queue of a binding, unless it is one of Celery's own mailboxes."""
    name = binding.rpartition(SEPARATOR)[2]
    is_own = any(mark in name for mark in _OURS)
    return name if name and not is_own else None


def _held(redis: Redis) -> QueueSight:
    """Tell what workers hold: ETA and countdown put a message there as well as prefetching.

    A message leaves when its task begins, or ends where it is acknowledged late.
    """
    count = read.number(redis.call(ask.hlen("unacked")))
    if not count:
        nothing = seen(count, of="the hash 'unacked'")
        return _of_all(nothing, nothing)
    tags = [tag for tag, _ in read.scores(redis.call(ask.zrange("unacked_index", MAX_HELD)))]
    try:
        found = read.optional_texts(redis.call(ask.hmget("unacked", tags))) if tags else []
    except TooLarge as large:
        bias = f"tasks that wait for their time may be among them: {large.detail}"
        return _of_all(Seen(count, bias), Missing(large.reason, large.detail), jobs=tags)
    entries = {tag: entry for tag, entry in zip(tags, found, strict=False) if entry is not None}
    due = [tag for tag, entry in entries.items() if not _has_eta(entry)]
    later = float(len(entries) - len(due))
    bias = f"of {count:.0f} tasks that workers hold, {len(entries)} were looked at"
    is_partial = bias if len(entries) < count else None
    return _of_all(Seen(count - later, is_partial), Seen(later, is_partial), jobs=due)


def _of_all(held: Fact, scheduled: Fact, jobs: Iterable[str] = ()) -> QueueSight:
    return QueueSight(
        name=None,
        system=System.CELERY,
        gauges={FAILED: absent(_NOT_HERE.format("failures")), PREFETCHED: held, SCHEDULED: scheduled},
        totals=_NEVER_TOLD,
        jobs=frozenset(jobs),
    )


def _has_eta(entry: str) -> bool:
    match _json(entry):
        case [{"headers": {"eta": str()}}, *_]:
            return True
        case _:
            return False


def _oldest(redis: Redis, queue: str) -> Fact:
    """Return the age of the message that is next, where it says when it was sent."""
    try:
        message = read.text(redis.call(ask.lindex(queue, -1)))
    except TooLarge as large:
        return Missing(Reason.FAILED, f"the next message: {large.detail}")
    except Refused as failure:
        return Missing(failure.reason, failure.detail)
    sent = _sent(_json(message or ""))
    return absent(_NO_TIME) if sent is None else Seen(max(0.0, time.time() - sent))


def _sent(message: object) -> float | None:
    """Return when a message was sent: AMQP's property, or a header that a producer added."""
    match message:
        case {"properties": {"timestamp": int() | float() | str() as stamp}}:
            return _moment(stamp)
        case {"headers": {"timestamp": int() | float() | str() as stamp}}:
            return _moment(stamp)
        case _:
            return None


def _moment(stamp: float | str) -> float | None:
    try:
        if isinstance(stamp, int | float):
            return float(stamp)
        moment = datetime.fromisoformat(stamp)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
