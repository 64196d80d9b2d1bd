"""RQ on a real Redis, with a worker that is busy."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.collectors.queue.looking import PROGRAMS, by_queue, look
from tests.collectors.watching import value
from tests.stack.celery import run_program
from tests.stack.processes import running
from tests.stack.redis import RedisServer
from tests.stack.waiting import wait_until

JOBS = PROGRAMS / "rq_jobs.py"


@contextmanager
def worker(broker: str, directory: Path) -> Iterator[None]:
    """Run a worker for the queue `default`."""
    command = [sys.executable, "-m", "rq.cli", "worker", "default", "--url", broker]
    with running(
        command,
        name="rq",
        log=directory / "rq.log",
        working_directory=PROGRAMS,
        stop_with=signal.SIGKILL,
    ):
        yield


def test_a_busy_worker_and_a_queue_that_nobody_serves(redis: RedisServer, server_directory: Path) -> None:
    broker = redis.url(7)
    with worker(broker, server_directory):
        run_program(JOBS, "work", environment={"BROKER": broker})
        wait_until(
            lambda: redis.cli("LLEN", "rq:queue:default", database=7) == "0", what="it works", within_s=15
        )
        run_program(JOBS, "more", environment={"BROKER": broker})
        found = look(broker)

    assert by_queue(found, "queue.depth") == {"default": 4, "reports": 1}
    assert by_queue(found, "queue.prefetched") == {"default": 1, "reports": 0}
    assert by_queue(found, "queue.failed") == {"default": 1, "reports": 0}
    assert by_queue(found, "queue.scheduled") == {"default": 0, "reports": 1}
    assert by_queue(found, "queue.consumers") == {"reports": 0, "default": 1}
    assert value(found, "queue.consumers") == 0  # jobs wait in `reports`, and nobody takes them
    assert value(found, "queue.oldest") > 0
    assert value(found, "queue.failures") == 0
    assert value(found, "queue.completed") == 0


def test_failures_between_two_looks_are_a_rate(redis: RedisServer, server_directory: Path) -> None:
    broker = redis.url(8)
    with worker(broker, server_directory):
        run_program(JOBS, "failures", environment={"BROKER": broker})
        wait_until(
            lambda: redis.cli("ZCARD", "rq:failed:default", database=8) != "0", what="one failed", within_s=15
        )
        found = look(broker, deadline_s=3)

    assert value(found, "queue.failures") > 0
    assert value(found, "queue.failed") > 1
    assert value(found, "queue.growth") < 0
