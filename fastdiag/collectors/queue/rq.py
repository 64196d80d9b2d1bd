"""RQ's queues: a list of job ids a queue, sorted sets as registries, a hash a job and a worker.

rq:queues, rq:queue:NAME                      the names; the ids that wait, the next at the head
rq:wip:NAME, rq:failed:NAME, rq:scheduled:NAME   jobs that run, have failed, wait for their time
rq:workers:NAME, rq:worker:ID                 who serves the queue; gone within minutes of a crash
rq:job:ID                                     enqueued_at, among others
"""

from __future__ import annotations

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
from fastdiag.collectors.redis_client import Redis, Refused
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.model.signal import Missing

QUEUES: Final = "rq:queues"
QUEUE: Final = "rq:queue:"
MAX_WORKERS: Final = 100
MAX_QUEUES: Final = 100
_NO_RETRIES: Final = "RQ does not count retries"
_MANY: Final = f"more than {MAX_WORKERS} workers: some may be gone"


def find(redis: Redis, named: Sequence[str]) -> Names:
    """Return the names of the queues that RQ has registered."""
    if not read.number(redis.call(ask.exists(QUEUES))):
        return Names()
    names = sorted(key.removeprefix(QUEUE) for key in read.texts(redis.call(ask.smembers(QUEUES))))
    names.sort(key=lambda name: name not in named)
    return Names(tuple(names[:MAX_QUEUES]), is_complete=len(names) <= MAX_QUEUES)


def look(redis: Redis, queues: Sequence[str]) -> list[QueueSight]:
    """Return what lists and registries show of each queue, and what the workers have done in all."""
    serving = {queue: _workers(redis, queue) for queue in queues}
    sights = [_queue(redis, queue, serving[queue]) for queue in queues]
    workers = sorted({worker for found in serving.values() if found for worker in found})
    totals = {**_work_done(redis, workers), RETRIES: absent(_NO_RETRIES)}
    return [*sights, QueueSight(name=None, system=System.RQ, totals=totals)]


def _queue(redis: Redis, queue: str, workers: list[str] | None) -> QueueSight:
    commands = {
        DEPTH: ask.llen(QUEUE + queue),
        PREFETCHED: ask.zcard(f"rq:wip:{queue}"),
        FAILED: ask.zcard(f"rq:failed:{queue}"),
        SCHEDULED: ask.zcard(f"rq:scheduled:{queue}"),
    }
    replies = redis.pipeline(
        [*commands.values(), ask.lindex(QUEUE + queue, 0), ask.scard(_workers_key(queue))]
    )
    gauges = {
        signal: seen(read.number(reply), of=f"the queue {queue!r}")
        for signal, reply in zip(commands, replies, strict=False)
    }
    head, registered = read.text(replies[-2]), read.number(replies[-1])
    gauges[OLDEST] = refused(replies[-2], "LINDEX") or (_age(redis, head) if head else NOTHING_WAITS)
    gauges[CONSUMERS] = (
        Seen(float(len(workers))) if workers is not None else seen(registered, _MANY, of="the set of workers")
    )
    return QueueSight(name=queue, system=System.RQ, gauges=gauges)


def _workers_key(queue: str) -> str:
    return f"rq:workers:{queue}"


def _workers(redis: Redis, queue: str) -> list[str] | None:
    """Return the workers that serve a queue and are alive; None when there are too many to ask."""
    count = read.number(redis.call(ask.scard(_workers_key(queue)))) or 0.0
    if not count:
        return []
    if count > MAX_WORKERS:
        return None
    members = read.texts(redis.call(ask.smembers(_workers_key(queue))))
    alive = redis.pipeline([ask.exists(worker) for worker in members])
    return [worker for worker, reply in zip(members, alive, strict=True) if read.number(reply)]


def _age(redis: Redis, job: str) -> Fact:
    """Return how long the job that is next has waited."""
    try:
        written = read.text(redis.call(ask.hget(f"rq:job:{job}", "enqueued_at")))
        moment = datetime.fromisoformat(written or "")
    except Refused as failure:
        return Missing(failure.reason, failure.detail)
    except ValueError:
        return absent("the next job does not say when it was enqueued")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Seen(max(0.0, time.time() - moment.timestamp()))


def _work_done(redis: Redis, workers: Sequence[str]) -> dict[str, Fact]:
    """Add up what each worker has counted since it started."""
    names = {FAILURES: "failed_job_count", COMPLETED: "successful_job_count"}
    if not workers:
        nobody: Missing = absent("no worker is registered, and they do the counting")
        return dict.fromkeys(names, nobody)
    replies = redis.pipeline([ask.hmget(worker, names.values()) for worker in workers[:MAX_WORKERS]])
    if why := next(filter(None, (refused(reply, "HMGET") for reply in replies)), None):
        return dict.fromkeys(names, why)
    counted = [read.numbers(reply, len(names)) for reply in replies]
    return {signal: Seen(sum(row[column] or 0.0 for row in counted)) for column, signal in enumerate(names)}
