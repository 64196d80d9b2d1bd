"""Queue workers that take tasks: real Celery and RQ, idle and at work."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

import pytest

from fastdiag.collectors import processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueWorker, find_queue_workers
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import DEPOT, parts, value
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


def look(*workers: QueueWorker) -> Gathered:
    locals_ = tuple(
        Local(kind=each.kind.value, app=each.app, master=each.master_pid, workers=each.workers, ports=())
        for each in workers
    )
    (found,) = gather(
        Target(deadline_s=2, queue_workers=locals_), shipped(), {"processes": processes.collect}
    )
    return found


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
        idle = look(*programs.values())
        with started("send", broker, tmp_path, sys.executable, "-c", SEND):
            wait_until(lambda: "doze" in worker.log.read_text(encoding="utf-8"), what="it began", within_s=20)
            wait_until(
                lambda: master.log.read_text(encoding="utf-8").count("received") == 2,
                what="both tasks are taken",
                within_s=10,
            )
            busy = look(*programs.values())

    assert value(idle, "queue.processes") == 4
    assert parts(idle, "queue.processes", "kind") == {"celery": 3, "rq": 1}
    assert value(idle, "queue.processes.busy") == 0
    assert value(busy, "queue.processes.busy") == 3
    assert busy.readings["queue.processes.busy"].is_trusted


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
