"""Dramatiq on a real Redis, with a worker that is busy."""

import signal
from pathlib import Path

from tests.collectors.queue.looking import PROGRAMS, by_queue, look
from tests.collectors.watching import value
from tests.stack.celery import run_program
from tests.stack.processes import running, script
from tests.stack.redis import RedisServer
from tests.stack.waiting import wait_until

ACTORS = PROGRAMS / "dramatiq_actors.py"


def test_a_busy_worker_and_a_queue_that_nobody_serves(redis: RedisServer, server_directory: Path) -> None:
    broker = redis.url(10)
    worker = [
        *(script("dramatiq"), "dramatiq_actors", "--processes", "1", "--threads", "1"),
        *("--queues", "default", "--skip-logging"),
    ]
    with running(
        worker,
        name="dramatiq",
        log=server_directory / "dramatiq.log",
        environment={"BROKER": broker, "dramatiq_queue_prefetch": "2"},
        working_directory=PROGRAMS,
        stop_with=signal.SIGKILL,
    ):
        run_program(ACTORS, "backlog", environment={"BROKER": broker})
        run_program(ACTORS, "mails", environment={"BROKER": broker})
        wait_until(
            lambda: redis.cli("ZCARD", "dramatiq:default.XQ", database=10) == "1",
            what="it works",
            within_s=15,
        )
        wait_until(lambda: value(look(broker), "queue.prefetched") >= 2, what="it takes more", within_s=30)
        found = look(broker)

    waiting, held = by_queue(found, "queue.depth"), by_queue(found, "queue.prefetched")
    assert waiting["default"] + held["default"] == 6
    assert waiting["mails"] == 3
    assert by_queue(found, "queue.failed") == {"default": 1, "mails": 0}
    assert by_queue(found, "queue.scheduled") == {"default": 1, "mails": 0}
    assert 0 < value(found, "queue.oldest") < 60
    assert value(found, "queue.consumers") >= 1
    assert "only enqueue" in (found.readings["queue.consumers"].bias or "")
