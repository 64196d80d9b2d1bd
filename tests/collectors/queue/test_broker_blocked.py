"""A Redis that is up and refuses jobs: out of memory, read-only, unable to save; and one that does not."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from fastdiag.model.signal import Reason
from tests.collectors.queue.looking import look
from tests.collectors.queue.test_places import limited_user
from tests.collectors.watching import parts, value, why_missing
from tests.stack.redis import RedisServer
from tests.stack.waiting import wait_until

FULL = "maxmemory is reached and nothing may be evicted"
UNSAVED = "its last save to disk failed"
REPLICA = "it is a read-only replica"


@contextmanager
def setting(redis: RedisServer, name: str, value: str, normal: str) -> Iterator[None]:
    redis.cli("CONFIG", "SET", name, value)
    try:
        yield
    finally:
        redis.cli("CONFIG", "SET", name, normal)


@contextmanager
def somebody_who_leaves_jobs(redis: RedisServer, database: int) -> Iterator[None]:
    """Let somebody try to leave a job ten times a second, as a service does that is refused."""
    command = [*redis.command(database), "-r", "-1", "-i", "0.1", "RPUSH", "celery", "job"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as client:
        try:
            yield
        finally:
            client.kill()


def with_a_queue(redis: RedisServer, database: int) -> str:
    redis.cli("RPUSH", "celery", "job", database=database)
    return redis.url(database)


def test_a_broker_without_memory_refuses_jobs_and_one_with_memory_does_not(redis: RedisServer) -> None:
    broker = with_a_queue(redis, 15)
    healthy = look(broker)
    with setting(redis, "maxmemory", "1", "0"):
        quiet = look(broker)
        with somebody_who_leaves_jobs(redis, 15):
            refusing = look(broker)

    assert value(healthy, "queue.broker.blocked") == 0
    assert value(healthy, "queue.broker.refusals") == 0
    assert value(quiet, "queue.broker.blocked") == 1
    assert parts(quiet, "queue.broker.blocked", "why") == {FULL: 1}
    assert value(quiet, "queue.broker.refusals") == 0  # nobody tried
    assert value(refusing, "queue.broker.refusals") > 1
    assert parts(refusing, "queue.broker.blocked", "why") == {FULL: 1}


def test_a_replica_that_only_reads_takes_no_jobs(redis: RedisServer) -> None:
    broker = with_a_queue(redis, 16)
    redis.cli("REPLICAOF", "127.0.0.1", "1")
    try:
        found = look(broker)
    finally:
        redis.cli("REPLICAOF", "NO", "ONE")
    assert parts(found, "queue.broker.blocked", "why") == {REPLICA: 1}


def test_a_server_that_cannot_save_takes_no_jobs_as_long_as_it_is_told_to_save(redis: RedisServer) -> None:
    broker = with_a_queue(redis, 17)
    in_its_place = redis.socket.parent / "dump.rdb"
    in_its_place.mkdir()
    with setting(redis, "save", "900 1", ""):
        redis.cli("BGSAVE")
        wait_until(lambda: "last_bgsave_status:err" in redis.cli("INFO"), what="it fails", within_s=10)
        unsaved = look(broker)
    carefree = look(broker)
    in_its_place.rmdir()
    redis.cli("SAVE")

    assert parts(unsaved, "queue.broker.blocked", "why") == {UNSAVED: 1}
    assert value(carefree, "queue.broker.blocked") == 0


def test_who_may_not_see_the_state_of_the_server_does_not_take_it_for_healthy(redis: RedisServer) -> None:
    with_a_queue(redis, 18)
    with limited_user(redis, "-info") as login:
        found = look(redis.url(18, login))
    assert why_missing(found, "queue.broker.blocked")[0] is Reason.DENIED
    assert value(found, "queue.depth") == 1
