"""Queue workers that take tasks: real Celery, RQ and arq; idle, at work, wedged, stopped, somebody else's."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest
from arq import create_pool
from arq.connections import RedisSettings

from fastdiag.collectors import processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueWorker, find_queue_workers
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Secret, Target
from tests.collectors.watching import DEPOT, parts, value, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running, script
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
SEND = """
import redis, rq
from jobs import app, doze, nap
for _ in range(2):
    nap.delay(30)
rq.Queue("mail", connection=redis.Redis.from_url(app.conf.broker_url)).enqueue(doze, 30)
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", LOOPBACK, "--save", ""]
    with running(command, name="redis", log=tmp_path / "redis", working_directory=tmp_path) as redis:
        redis.wait_ready(lambda: is_listening(port))
        yield f"redis://{LOOPBACK}:{port}/0"


@contextmanager
def started(name: str, broker: str, directory: Path, *arguments: str) -> Iterator[ServerProcess]:
    with running(
        [*arguments],
        name=name,
        log=directory / name,
        environment={"BROKER_URL": broker, "PYTHONPATH": str(DEPOT.parent)},
        working_directory=DEPOT.parent,
        stop_with=SIGKILL,
    ) as process:
        yield process


def below(*pids: int) -> Mapping[int, QueueWorker]:
    found = find_queue_workers(Proc())
    assert isinstance(found, tuple)
    return {worker.main_pid: worker for worker in found if worker.main_pid in pids}


def look(*workers: QueueWorker, broker: str) -> Gathered:
    locals_ = tuple(
        Local(kind=each.kind.value, app=each.app, master=each.master_pid, workers=each.workers, ports=())
        for each in workers
    )
    (found,) = gather(
        Target(deadline_s=2, queue_workers=locals_, queues=(Secret(broker),)),
        shipped(),
        {"processes": processes.collect},
    )
    return found


@pytest.fixture
def silence() -> Iterator[int]:
    """Give the port of somebody who takes connections and never says a word."""
    with socket.create_server((LOOPBACK, 0), backlog=20) as listener:
        yield int(listener.getsockname()[1])


def connections(port: int) -> int:
    """Return how many connections wait to be accepted there."""
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return next(
        int(row.split()[4].split(":")[1], 16) for row in rows if row.split()[1].endswith(f":{port:04X}")
    )


def test_processes_with_a_task_are_told_from_those_that_wait_for_one(tmp_path: Path, broker: str) -> None:
    celery = (
        script("celery"),
        "-A",
        "jobs",
        "worker",
        "-c3",
        "-linfo",
        "--without-gossip",
        "--without-mingle",
    )
    with (
        started("celery", broker, tmp_path, *celery) as master,
        started("rq", broker, tmp_path, script("rq"), "worker", "-u", broker, "mail") as worker,
    ):
        master.wait_ready(lambda: "ready." in master.log.read_text(encoding="utf-8"))
        worker.wait_ready(lambda: "Listening on" in worker.log.read_text(encoding="utf-8"))
        programs = below(master.pid, worker.pid)
        idle = look(*programs.values(), broker=broker)
        with started("send", broker, tmp_path, sys.executable, "-c", SEND):
            wait_until(
                lambda: "dozing" in worker.log.read_text(encoding="utf-8"), what="it began", within_s=20
            )
            wait_until(
                lambda: master.log.read_text(encoding="utf-8").count("received") == 2,
                what="both tasks are taken",
                within_s=10,
            )
            busy = look(*programs.values(), broker=broker)

    assert value(idle, "queue.processes") == 4
    assert parts(idle, "queue.processes", "kind") == {"celery": 3, "rq": 1}
    assert value(idle, "queue.processes.busy") == 0
    assert value(busy, "queue.processes.busy") == 3
    assert busy.readings["queue.processes.busy"].is_trusted
    assert value(idle, "queue.processes.held") == 0
    # All three tasks sleep: nothing happens in them, and from here that is all that can be said.
    assert value(busy, "queue.processes.held") == 3
    assert {dict(part.labels)["peer"] for part in busy.readings["queue.processes.held"].by} == {"a sleep"}


def test_workers_that_wait_for_a_silent_partner_that_are_stopped_and_that_serve_another_broker(
    tmp_path: Path, broker: str, silence: int
) -> None:
    celery = (
        script("celery"),
        "-A",
        "jobs",
        "worker",
        "-c2",
        "-linfo",
        "--without-gossip",
        "--without-mingle",
    )
    send = f"from jobs import ask\nfor _ in range(6):\n    ask.delay({silence})"
    with started("celery", broker, tmp_path, *celery) as master:
        master.wait_ready(lambda: "ready." in master.log.read_text(encoding="utf-8"))
        with started("send", broker, tmp_path, sys.executable, "-c", send):
            wait_until(lambda: connections(silence) == 2, what="both have a task", within_s=20)
            programs = below(master.pid)
            wedged = look(*programs.values(), broker=broker)
            os.killpg(master.pid, SIGSTOP)
            stopped = look(*programs.values(), broker=broker)
            os.killpg(master.pid, SIGCONT)
        elsewhere = look(*programs.values(), broker=f"redis://{LOOPBACK}:{free_port()}/0")

    assert value(wedged, "queue.processes") == 2
    assert value(wedged, "queue.processes.busy") == 2
    assert value(wedged, "queue.processes.held") == 2
    held = wedged.readings["queue.processes.held"]
    assert {dict(part.labels)["peer"] for part in held.by} == {f"a read from {LOOPBACK}:{silence}"}
    assert held.is_trusted
    assert value(wedged, "queue.processes.held.longest") > 0.5
    assert value(wedged, "queue.processes.stopped") == 0
    assert value(wedged, "queue.processes.disconnected") == 0
    assert value(stopped, "queue.processes.stopped") == 2
    assert value(stopped, "queue.processes.held") == 0
    # Connected to a Redis, but not to this one: whatever they do is no news of this queue.
    assert "connected to other brokers" in why_missing(elsewhere, "queue.processes")[1]


def test_the_calls_of_a_worker_without_threads_of_its_own_for_jobs_show_in_its_sockets(
    tmp_path: Path, broker: str, silence: int
) -> None:
    async def send() -> None:
        pool = await create_pool(RedisSettings.from_dsn(broker))
        await pool.enqueue_job("ask_softly", silence)
        await pool.aclose()

    with started("arq", broker, tmp_path, script("arq"), "jobs.WorkerSettings") as worker:
        worker.wait_ready(lambda: "Starting worker" in worker.log.read_text(encoding="utf-8"))
        programs = below(worker.pid)
        idle = look(*programs.values(), broker=broker)
        asyncio.run(send())
        wait_until(lambda: connections(silence) == 1, what="it asks", within_s=20)
        held = look(*programs.values(), broker=broker)

    assert value(idle, "queue.processes.busy") == 0
    assert why_missing(idle, "queue.processes.held")[0] is Reason.ABSENT  # no call is no proof of no job
    assert value(held, "queue.processes.busy") == 1
    assert parts(held, "queue.processes.held", "peer") == {f"a read from {LOOPBACK}:{silence}": 1}
    assert not held.readings["queue.processes.held"].is_trusted


def test_without_a_server_only_the_queue_workers_are_watched_and_the_rest_is_owed(tmp_path: Path) -> None:
    program = "import time\ntime.sleep(60)"
    with running([sys.executable, "-c", program], name="arq", log=tmp_path / "log") as worker:
        local = Local(kind="arq", app="jobs.Settings", master=None, workers=(worker.pid,), ports=())
        target = Target(deadline_s=2, queue_workers=(local,))
        (found,) = gather(target, shipped(), {"processes": processes.collect})

    assert found.state.status is SourceStatus.PARTIAL
    assert value(found, "queue.processes") == 1
    assert "a task that waits uses no CPU" in str(found.readings["queue.processes.busy"].bias)
    assert found.missing["service.cpu"].reason is Reason.NOT_CONFIGURED
