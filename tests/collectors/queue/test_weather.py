"""Brokers that are down, locked, slow, or something else altogether."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from tests.collectors.hostile import Hostile, hostile
from tests.collectors.queue.looking import DEADLINE_S, look
from tests.collectors.speaker import speaking
from tests.collectors.watching import value, why_missing
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.redis import RedisServer, redis_server

SLACK_S: Final = 0.3


@pytest.fixture(scope="module")
def villain() -> Iterator[Hostile]:
    with hostile() as server:
        yield server


def test_no_queue_is_a_skip() -> None:
    found = look()

    assert found.state.status is SourceStatus.SKIPPED
    assert found.missing["queue.depth"].reason is Reason.NOT_CONFIGURED


@pytest.mark.parametrize("scheme", ["redis", "amqp", "http"])
def test_nobody_at_the_port(scheme: str) -> None:
    found = look(f"{scheme}://alice:hunter2@{LOOPBACK}:{free_port()}")

    assert why_missing(found, "queue.depth")[0] is Reason.FAILED
    assert "connection refused" in why_missing(found, "queue.depth")[1]
    if scheme != "http":  # Flower's being down says nothing of the broker
        assert value(found, "queue.broker.unreachable") == 1
    assert found.state.hint
    assert "hunter2" not in repr(found)


def test_a_redis_without_queues_says_what_was_looked_for(redis: RedisServer) -> None:
    found = look(redis.url(20))

    assert why_missing(found, "queue.depth") == (
        Reason.ABSENT,
        "queue: no queue of Celery, RQ, arq or Dramatiq in database 20",
    )
    assert "?queues=NAME" in (found.state.hint or "")
    assert value(found, "queue.broker.unreachable") == 0


def test_a_list_of_any_program_can_be_named(redis: RedisServer) -> None:
    redis.cli("RPUSH", "jobs", "a", "b", "c", database=21)
    found = look(f"{redis.url(21)}?queues=jobs,later")

    assert value(found, "queue.depth") == 3  # a list without elements does not exist: `later` is empty


def test_among_too_many_keys_a_queue_may_hide(redis: RedisServer) -> None:
    redis.cli("EVAL", "for i = 1, 60000 do redis.call('set', 'result-' .. i, '') end", "0", database=23)
    redis.cli("RPUSH", "celery", "x", database=23)
    found = look(redis.url(23))
    redis.cli("FLUSHDB", database=23)

    assert value(found, "queue.depth") == 1
    assert "name the queues with ?queues=" in (found.readings["queue.depth"].bias or "")
    assert "cmdstat_keys" not in redis.cli("INFO", "commandstats")


def test_a_full_redis_counts_as_unreachable(server_directory: Path) -> None:
    with (
        redis_server(server_directory, ["--maxclients", "1"]) as full,
        socket.create_connection((LOOPBACK, full.port)),
    ):
        found = look(full.url())

    assert value(found, "queue.broker.unreachable") == 1
    assert "maximum number of clients" in (found.state.error or "")


def test_one_broker_down_costs_the_others_nothing(redis: RedisServer) -> None:
    redis.cli("RPUSH", "celery", "not json", database=22)
    with speaking(lambda client: client.recv(4096) and client.recv(4096)) as hole:
        found = look(redis.url(22), f"redis://{LOOPBACK}:{hole}", f"amqp://{LOOPBACK}:{free_port()}")

    assert value(found, "queue.depth") == 1
    assert dict(found.readings["queue.depth"].by[0].labels)["broker"] == redis.url(22)
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("login", "neither RabbitMQ's management API nor Flower"),
        ("redirect", "neither RabbitMQ's management API nor Flower"),
        ("broken", "neither RabbitMQ's management API nor Flower"),
        ("unauthorized", "what answers there wants a login (401)"),
        ("not-json", "neither RabbitMQ's management API nor Flower"),
        ("huge", "larger than 2 MB"),
        ("broken-off", "no HTTP answer"),
        ("black-hole", "no complete answer within"),
        ("dribble", "no complete answer within"),
    ],
)
def test_a_web_server_of_another_kind(villain: Hostile, behaviour: str, words: str) -> None:
    found = look(villain.url(behaviour).replace("//", "//alice:hunter2@"), deadline_s=0.8)

    assert words in why_missing(found, "queue.depth")[1]
    assert found.state.status is SourceStatus.FAILED
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-ERR unknown\r\n"])
def test_what_does_not_speak_amqp(said: bytes) -> None:
    with speaking(said) as port:
        found = look(f"amqp://{LOOPBACK}:{port}")

    assert why_missing(found, "queue.depth")[1] == "queue: this is not an AMQP broker"


@pytest.mark.parametrize(
    "url", ["sqs://", "http://", "http://[", "amqp://h:99999", "redis://h/x", "x", "kafka://h"]
)
def test_what_is_no_queue_is_not_quoted(url: str) -> None:
    found = look(f"{url}?token=hunter2")

    assert found.state.status is SourceStatus.FAILED
    assert found.state.hint
    assert "hunter2" not in repr(found)
