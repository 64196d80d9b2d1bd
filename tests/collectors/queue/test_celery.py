"""Celery on a real Redis: a worker that is busy, one that is not there, messages of every kind."""

from pathlib import Path

import httpx

from fastdiag.model.signal import Reason
from tests.collectors.queue.looking import PROGRAMS, by_queue, look
from tests.collectors.watching import value, why_missing
from tests.stack.celery import celery_worker, flower, run_program
from tests.stack.redis import RedisServer
from tests.stack.waiting import wait_until

TASKS = PROGRAMS / "celery_tasks.py"


def test_a_busy_worker_seen_by_its_broker_and_by_flower(redis: RedisServer, server_directory: Path) -> None:
    broker = redis.url(1)
    with (
        celery_worker(TASKS, broker, server_directory),
        flower(TASKS, broker, server_directory, "alice:hunter2") as url,
    ):
        run_program(TASKS, "flaky", environment={"BROKER": broker})
        wait_until(lambda: _has_seen_events(url), what="Flower has seen a retry and the worker", within_s=30)
        outside = look(url)
        run_program(TASKS, "backlog", environment={"BROKER": broker})
        wait_until(lambda: _is_at_work(redis, 1), what="work begins", within_s=30)
        inside = look(url.replace("//", "//alice:hunter2@"))
        look_alone, both = look(broker), look(broker, url)

    # Without its login, Flower tells what its metrics page holds.
    assert value(outside, "queue.consumers") == 1
    assert value(outside, "queue.failures") == 0  # between the two looks
    assert why_missing(outside, "queue.depth") == (Reason.DENIED, "Flower's API wants a login (401)")
    assert "FLOWER_UNAUTHENTICATED_API" in (outside.state.hint or "")
    assert "queue.broker.unreachable" not in outside.readings
    # With it, also what waits; the broker itself tells more.
    waiting, held = by_queue(both, "queue.depth"), value(both, "queue.prefetched")
    assert by_queue(inside, "queue.depth")["celery"] == waiting["celery"]
    assert "hunter2" not in repr(inside)
    assert waiting["celery"] + held == 9  # the tenth runs, and was acknowledged first
    assert held >= 1
    assert waiting["emails"] == 2  # of two priorities, two lists
    assert value(both, "queue.scheduled") == 1
    assert value(both, "queue.growth") == 0
    assert value(both, "queue.broker.unreachable") == 0
    assert value(both, "queue.broker.latency") > 0
    assert value(both, "queue.consumers") == 1
    assert both.readings["queue.consumers"].bias is None
    # Its one process sleeps in a task: none of those that it has reserved has been begun in the meantime.
    assert value(look_alone, "queue.completed") == 0
    assert look_alone.readings["queue.completed"].is_trusted


def _has_seen_events(flower_url: str) -> bool:
    page = httpx.get(f"{flower_url}/metrics").text
    return "task-retried" in page and "flower_worker_online{" in page


def _is_at_work(redis: RedisServer, database: int) -> bool:
    held = int(redis.cli("HLEN", "unacked", database=database))
    return held >= 2 and int(redis.cli("LLEN", "celery", database=database)) + held == 10


def test_what_a_redis_broker_does_not_know_of_celery_is_absent_with_the_way_to_it(redis: RedisServer) -> None:
    run_program(TASKS, "backlog", environment={"BROKER": redis.url(2)})
    found = look(redis.url(2))

    assert found.state.target == f"redis://127.0.0.1:{redis.port}/2"
    assert value(found, "queue.depth") == 13  # nobody has taken any
    assert value(found, "queue.prefetched") == 0
    reason, words = why_missing(found, "queue.consumers")
    assert reason is Reason.ABSENT
    assert "Flower" in words
    assert "no time of sending" in why_missing(found, "queue.oldest")[1]
    assert "events" in why_missing(found, "queue.failures")[1]


def test_a_message_may_say_when_it_was_sent_and_may_be_too_large_to_look_at(redis: RedisServer) -> None:
    run_program(TASKS, "stamped", environment={"BROKER": redis.url(3)})
    stamped = look(redis.url(3))
    run_program(TASKS, "large", environment={"BROKER": redis.url(4)})
    large = look(redis.url(4))

    assert value(stamped, "queue.oldest") > 119
    assert stamped.readings["queue.oldest"].bias is None
    # The large message costs only its own age.
    assert by_queue(large, "queue.depth") == {"large": 1, "celery": 0}
    assert why_missing(large, "queue.oldest") == (
        Reason.FAILED,
        "the next message: an answer of over 1 MB is too large to look at",
    )
