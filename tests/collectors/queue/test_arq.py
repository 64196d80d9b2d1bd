"""arq on a real Redis, with a worker that is busy."""

import re
import signal
import sys
from pathlib import Path

from fastdiag.model.signal import Bound
from tests.collectors.queue.looking import PROGRAMS, look
from tests.collectors.watching import value, why_missing
from tests.stack.celery import run_program
from tests.stack.processes import running
from tests.stack.redis import RedisServer
from tests.stack.waiting import wait_until

HEALTH = "arq:queue:health-check"
JOBS = PROGRAMS / "arq_jobs.py"


def test_jobs_that_run_do_not_wait_although_they_stand_in_the_same_set(
    redis: RedisServer, server_directory: Path
) -> None:
    broker = redis.url(9)
    run_program(JOBS, "backlog", environment={"BROKER": broker})
    nobody = look(broker)
    worker = [sys.executable, "-m", "arq", "arq_jobs.WorkerSettings"]
    with running(
        worker,
        name="arq",
        log=server_directory / "arq.log",
        environment={"BROKER": broker},
        working_directory=PROGRAMS,
        stop_with=signal.SIGKILL,
    ):
        wait_until(lambda: value(look(broker), "queue.prefetched") == 2, what="it works", within_s=30)
        busy = look(broker)

    assert value(nobody, "queue.depth") == 5
    assert value(nobody, "queue.scheduled") == 1
    assert value(nobody, "queue.prefetched") == 0
    assert value(nobody, "queue.consumers") == 0
    assert nobody.readings["queue.consumers"].is_trusted
    assert value(busy, "queue.depth") == 3
    assert value(busy, "queue.prefetched") == 2
    assert value(busy, "queue.consumers") == 1
    # Both of its slots are taken, and so it has not come to its health check.
    assert "all taken up, or gone" in (busy.readings["queue.consumers"].bias or "")
    assert value(busy, "queue.completed") == 0  # all that stood in the set still do
    assert "health_check_interval" in why_missing(busy, "queue.failures")[1]
    assert value(busy, "queue.oldest") > value(nobody, "queue.oldest")


def test_what_a_worker_has_written_down_twice_yields_rates(
    redis: RedisServer, server_directory: Path
) -> None:
    broker = redis.url(19)
    run_program(JOBS, "failures", environment={"BROKER": broker})
    worker = [sys.executable, "-m", "arq", "arq_jobs.Hasty"]
    with running(
        worker,
        name="arq",
        log=server_directory / "hasty.log",
        environment={"BROKER": broker},
        working_directory=PROGRAMS,
        stop_with=signal.SIGKILL,
    ):
        wait_until(
            lambda: bool(re.search("j_failed=[1-9]", redis.cli("GET", HEALTH, database=19))),
            what="works",
            within_s=30,
        )
        found = look(broker, deadline_s=5)

    assert value(found, "queue.failures") > 0
    assert "last health check" in (found.readings["queue.failures"].bias or "")
    assert value(found, "queue.completed") > 0
    assert found.readings["queue.completed"].bound is Bound.AT_LEAST
