"""One broker is asked once, by whatever name, and what it refuses to tell is unknown and not zero."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fastdiag.collectors.queue.places import distinct_places
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Secret
from tests.collectors.queue.looking import look
from tests.collectors.watching import value, why_missing
from tests.stack.ports import LOOPBACK
from tests.stack.redis import RedisServer


def test_a_broker_that_two_workers_name_is_asked_and_counted_once(redis: RedisServer) -> None:
    redis.cli("RPUSH", "celery", "a", "b", database=25)
    found = look(redis.url(25), redis.url(25).replace(LOOPBACK, "localhost"))

    assert found.state.target == redis.url(25)
    assert value(found, "queue.depth") == 2


@pytest.mark.parametrize(
    ("urls", "kept"),
    [
        (("redis://h", "redis://h:6379/0", "redis://:pw@H/"), ("redis://:pw@H/",)),
        (("redis://h/0", "redis://h/1"), ("redis://h/0", "redis://h/1")),
        (("redis://h/0", "redis://h/0?queues=a"), ("redis://h/0", "redis://h/0?queues=a")),
        (("amqp://u:p@h//", "pyamqp://h:5672"), ("amqp://u:p@h//",)),
        (("amqp://h/a", "amqp://h/b"), ("amqp://h/a", "amqp://h/b")),
        (("http://[", "http://["), ("http://[",)),
    ],
)
def test_which_urls_lead_to_one_place(urls: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert [url.reveal() for url in distinct_places(map(Secret, urls))] == list(kept)


def test_more_brokers_than_are_asked_are_said(redis: RedisServer) -> None:
    redis.cli("RPUSH", "celery", "a", database=26)
    found = look(*(redis.url(number) for number in range(26, 15, -1)))

    assert found.state.status is SourceStatus.PARTIAL
    assert "only 8 of 11 brokers were asked" in (found.state.error or "")


@contextmanager
def limited_user(redis: RedisServer, *rights: str) -> Iterator[str]:
    """Give the login of a user with these rights."""
    redis.cli("ACL", "SETUSER", "guest", "on", ">hunter2", "~*", "+@all", *rights)
    yield "guest:hunter2@"
    redis.cli("ACL", "DELUSER", "guest")


def test_the_head_of_a_queue_that_may_not_be_read_is_no_empty_queue(redis: RedisServer) -> None:
    redis.cli("RPUSH", "rq:queue:default", "job", database=27)
    redis.cli("SADD", "rq:queues", "rq:queue:default", database=27)
    redis.cli("RPUSH", "dramatiq:default", "m", database=27)
    redis.cli("ZADD", "dramatiq:__heartbeats__", str(int(time.time() * 1000)), "b", database=27)
    redis.cli("RPUSH", "celery", "m", database=27)
    redis.cli("ZADD", "arq:queue", "1", "job", database=27)
    with limited_user(redis, "-lindex", "-zrangebyscore") as login:
        found = look(redis.url(27, login))

    assert value(found, "queue.depth") == 3  # how many of arq's run is not known, and so not how many wait
    assert why_missing(found, "queue.oldest")[0] is Reason.DENIED
    assert "hunter2" not in repr(found)


def test_what_workers_counted_and_may_not_be_read_is_no_rate_of_zero(redis: RedisServer) -> None:
    redis.cli("SADD", "rq:queues", "rq:queue:default", database=28)
    redis.cli("SADD", "rq:workers:default", "rq:worker:w", database=28)
    redis.cli("HSET", "rq:worker:w", "failed_job_count", "3", database=28)
    with limited_user(redis, "-hmget") as login:
        found = look(redis.url(28, login))

    assert why_missing(found, "queue.failures")[0] is Reason.DENIED
    assert value(found, "queue.consumers") == 1
