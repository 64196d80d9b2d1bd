"""arq's queues: one sorted set of job ids by the time they are due, running jobs included.

arq:queue                   members are job ids, scores milliseconds since the epoch
arq:in-progress:ID          there while a worker runs the job
arq:queue:health-check      what a worker wrote of itself; it ends an interval (an hour, unless set) later:
                            `Nov-22 14:03:11 j_complete=9 j_failed=1 j_retried=0 j_ongoing=2 queued=7`
A job stays in the set until it is done.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from fastdiag.collectors.queue.keys import Names, refused
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
from fastdiag.collectors.redis_client import Redis
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read

DEFAULT_QUEUE: Final = "arq:queue"
HEALTH: Final = ":health-check"
MAX_RUNNING: Final = 100
"""So many of the oldest jobs are asked whether they run; a worker runs ten at a time unless set."""
_ALIVE: Final = "at least one worker, at its last health check: up to an hour ago unless set otherwise"
_AT_WORK: Final = "jobs are in progress, and no worker has checked its health: they are all taken up, or gone"
_UNCOUNTED: Final = (
    "arq counts it in the worker, which writes it down at its health check: not between the two looks"
    " (set health_check_interval to some seconds, or use arq-prometheus)"
)
_OF_ONE: Final = "as one worker wrote it at its last health check; all of the queue share one key"
_RECORD: Final = re.compile(r"(?P<at>\w{3}-\d\d \d\d:\d\d:\d\d) (?P<counts>(?:\w+=\d{1,15} ?)+)")
_COUNTS: Final = {FAILURES: "j_failed", RETRIES: "j_retried", COMPLETED: "j_complete"}


def find(redis: Redis, named: Sequence[str]) -> Names:
    """Return those of the default queue and the named ones that arq uses."""
    names = tuple(dict.fromkeys((DEFAULT_QUEUE, *named)))
    types = redis.pipeline([ask.type_of(name) for name in names])
    alive = redis.pipeline([ask.exists(name + HEALTH) for name in names])
    return Names(
        tuple(
            name
            for name, kind, health in zip(names, types, alive, strict=True)
            if read.text(kind) == "zset" or read.number(health)
        )
    )


def look(redis: Redis, queues: Sequence[str]) -> list[QueueSight]:
    """Return what the sorted set shows of each queue."""
    return [_queue(redis, queue) for queue in queues]


def _queue(redis: Redis, queue: str) -> QueueSight:
    now_ms = int(time.time() * 1000)
    due, later, health, oldest = redis.pipeline(
        [
            ask.zcount(queue, "-inf", str(now_ms)),
            ask.zcount(queue, f"({now_ms}", "+inf"),
            ask.get(queue + HEALTH),
            ask.zrangebyscore(queue, "-inf", str(now_ms), MAX_RUNNING),
        ]
    )
    unseen = refused(oldest, "ZRANGEBYSCORE")
    jobs = read.scores(oldest)
    running = _running(redis, [job for job, _ in jobs])
    waiting = [score for job, score in jobs if job not in running]
    count = read.number(due)
    gauges: dict[str, Fact] = {
        DEPTH: unseen
        or seen(None if count is None else max(0.0, count - len(running)), of=f"the set {queue!r}"),
        PREFETCHED: unseen or Seen(float(len(running))),
        SCHEDULED: seen(read.number(later), of=f"the set {queue!r}"),
        OLDEST: unseen or (Seen((now_ms - waiting[0]) / 1000) if waiting else NOTHING_WAITS),
        CONSUMERS: refused(health, "GET") or _consumers(read.text(health) is not None, bool(running)),
        FAILED: absent("arq keeps no register of failed jobs"),
    }
    return QueueSight(
        name=queue,
        system=System.ARQ,
        gauges=gauges,
        totals=_totals(read.text(health) or ""),
        jobs=None if unseen else frozenset(job for job, _ in jobs),
    )


def _totals(record: str) -> dict[str, Fact]:
    """Return what a worker wrote of itself at its last health check; nothing of it without one."""
    match = _RECORD.match(record)
    counts = dict(pair.split("=") for pair in match["counts"].split()) if match else {}
    if match is None or not counts.keys() >= set(_COUNTS.values()):
        return dict.fromkeys(_COUNTS, absent(_UNCOUNTED))
    return {
        signal: Seen(float(counts[name]), _OF_ONE, at=_moment(match["at"]))
        for signal, name in _COUNTS.items()
    }


def _moment(written: str) -> float | None:
    """Return a moment as seconds, for differences only: arq writes neither year nor time zone."""
    try:
        return datetime.strptime(f"2000 {written}", "%Y %b-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _consumers(has_health: bool, has_running: bool) -> Fact:
    """Tell whether anybody works. A worker whose slots are all taken does not come to its health check."""
    if has_health:
        return Seen(1.0, _ALIVE)
    return Seen(1.0, _AT_WORK) if has_running else Seen(0.0)


def _running(redis: Redis, jobs: Sequence[str]) -> set[str]:
    replies = redis.pipeline([ask.exists(f"arq:in-progress:{job}") for job in jobs]) if jobs else []
    return {job for job, reply in zip(jobs, replies, strict=True) if read.number(reply)}
