"""Redis as a cache: how fast it answers, whom it turns away, what it throws out. Two samples of INFO."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.cache_report import report
from fastdiag.collectors.cache_sight import Info, Sight, number
from fastdiag.collectors.redis_client import Redis, connect, distinct, parse_address
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.side_by_side import affordable, complain, watch_all
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.target import Target

PINGS: Final = 9
"""Spread over the time between the samples: a server that is busy now and then is met by some of them."""
PINGS_AT_ONCE: Final = 2
"""Before anything else, so that a user who may do no more than PING learns the latency."""
LEAST_GAP_S: Final = 0.2


def collect(target: Target, sink: Sink) -> None:
    """Ping each cache over the sampling window and compare what it counts at its ends."""
    if not target.caches:
        raise SourceSkipped(
            "no cache is known", hint="name one: --cache redis://HOST:6379/0, or cache: in fastdiag.yaml"
        )
    caches = distinct(target.caches, lambda url: parse_address(url).server)
    sights = [Sight(url) for url in affordable(caches, sink, what="caches", option="--cache")]
    watch_all(sights, lambda sight, until: _watch(sight, until, target.sample_gap_s), sink)
    report(sights, sink)
    complain(sights, sink)


def _watch(sight: Sight, until: float, gap_s: float) -> None:
    address = parse_address(sight.url)
    sight.shown = address.shown
    with connect(address, until) as redis:
        try:
            _sample(sight, redis, gap_s)
        finally:
            sight.requests = redis.requests


def _sample(sight: Sight, redis: Redis, gap_s: float) -> None:
    _ping(redis)  # connects, and is not counted for that
    _ping_over(sight, redis, 0.0, PINGS_AT_ONCE)
    sight.before = _info(redis)
    sight.max_clients = _max_clients(redis, sight.before[1])
    sent = redis.requests
    gap_s = min(gap_s, (redis.until - time.monotonic()) / 2)
    _ping_over(sight, redis, gap_s, PINGS - PINGS_AT_ONCE)
    if gap_s >= LEAST_GAP_S:
        sight.after = _info(redis)
        sight.sent_between = redis.requests - sent


def _ping_over(sight: Sight, redis: Redis, gap_s: float, pings: int) -> None:
    ends = time.monotonic() + gap_s
    for left in range(pings, 0, -1):
        sight.pings_s.append(_ping(redis))
        time.sleep(max(0.0, (ends - time.monotonic()) / left))


def _ping(redis: Redis) -> float:
    started = time.monotonic()
    redis.pipeline([ask.PING])  # a refusal takes the server as long as an answer
    return time.monotonic() - started


def _info(redis: Redis) -> tuple[float, Info]:
    return time.monotonic(), read.fields(redis.call(ask.INFO))


def _max_clients(redis: Redis, info: Info) -> float | SourceFailed | None:
    """Return the limit on clients: INFO tells it since Redis 7, before that only CONFIG, often refused."""
    if "maxclients" in info:
        return number(info, "maxclients")
    try:
        answer = read.texts(redis.call(ask.MAX_CLIENTS))
    except SourceFailed as failure:
        return failure
    return float(answer[1]) if len(answer) > 1 and answer[1].isdigit() else None
