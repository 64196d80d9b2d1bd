"""Queue workers: real Celery, RQ and Dramatiq, and the command lines and titles of the rest."""

import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueKind, QueueWorker, find_queue_workers
from tests.host.test_servers import PYTHON, grow
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running, script

TASKS = """
import dramatiq
from celery import Celery
from dramatiq.brokers.stub import StubBroker

dramatiq.set_broker(StubBroker())
app = Celery("tasks", broker="memory://")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("queue")
    (folder / "tasks.py").write_text(TASKS)
    return folder


@contextmanager
def started(folder: Path, command: Sequence[str], **environment: str) -> Iterator[ServerProcess]:
    name = Path(command[0]).name
    with running(
        command,
        name=name,
        log=folder / f"{name}.log",
        environment=environment,
        working_directory=folder,
        stop_with=signal.SIGKILL,  # they would wait for tasks that there are none of
    ) as process:
        yield process


def worker_below(proc: Proc, pid: int) -> QueueWorker | None:
    found = find_queue_workers(proc)
    assert isinstance(found, tuple)
    return next((worker for worker in found if worker.main_pid == pid), None)


def wait_for(proc: Proc, process: ServerProcess, workers: int) -> QueueWorker:
    def is_up() -> bool:
        found = worker_below(proc, process.pid)
        return found is not None and found.master_pid is not None and len(found.workers) == workers

    process.wait_ready(is_up)
    found = worker_below(proc, process.pid)
    assert found is not None
    return found


def test_celery_and_dramatiq_have_a_master_and_two_workers_each(proc: Proc, shop: Path) -> None:
    celery = [script("celery"), "-A", "tasks", "worker", "-c", "2", "--without-mingle", "--without-gossip"]
    dramatiq = [sys.executable, "-m", "dramatiq", "tasks", "-p", "2", "-t", "1"]
    with ExitStack() as stack:
        running_celery = stack.enter_context(started(shop, celery, CELERY_BROKER_URL="redis://:hunter2@q/0"))
        running_dramatiq = stack.enter_context(started(shop, dramatiq))
        of_celery = wait_for(proc, running_celery, 2)
        of_dramatiq = wait_for(proc, running_dramatiq, 2)

    assert (of_celery.kind, of_celery.app) == (QueueKind.CELERY, "tasks")
    assert of_celery.broker is not None
    assert of_celery.broker.reveal() == "redis://:hunter2@q/0"
    assert "hunter2" not in repr(of_celery)
    assert (of_dramatiq.kind, of_dramatiq.app, of_dramatiq.broker) == (QueueKind.DRAMATIQ, "tasks", None)


def test_an_rq_pool_is_one_program_with_its_workers(proc: Proc, shop: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    url = f"redis://{LOOPBACK}:{port}"
    redis = ["redis-server", "--port", str(port), "--bind", LOOPBACK, "--save", "", "--dir", str(shop)]
    with started(shop, redis) as server:
        server.wait_ready(lambda: is_listening(port))
        with started(shop, [script("rq"), "worker-pool", "-n", "2", "-u", url, "mail"]) as pool:
            found = wait_for(proc, pool, 2)

    assert (found.kind, found.app) == (QueueKind.RQ, None)
    assert found.broker is not None
    assert found.broker.reveal() == url


CELERY_TITLE = "[celeryd: w1@host:MainProcess] -active- (-A shop.tasks -b amqp://u:hunter2@mq// worker -c 2)"


@pytest.mark.parametrize(
    ("cmdline", "environ", "told"),
    [
        ((CELERY_TITLE,), "", ("celery", "shop.tasks", "amqp://u:hunter2@mq//")),
        (("[celeryd: w1@host:MainProcess]",), "", ("celery", None, None)),
        ((PYTHON, "-m", "celery", "--app=shop", "worker", "-b", "redis://q"), "", ("celery", "shop", "redis://q")),
        ((PYTHON, "/bin/celery", "worker"), "BROKER_URL=redis://q/1\0", ("celery", None, "redis://q/1")),
        (("rq:worker:fd74: Listening on high,default",), "", ("rq", None, None)),
        ((PYTHON, "/bin/rq", "worker", "--url", "rediss://q", "mail"), "", ("rq", None, "rediss://q")),
        ((PYTHON, "/bin/rq", "worker"), "RQ_REDIS_URL=/x\0REDIS_URL=redis://r\0", ("rq", None, "redis://r")),
        ((PYTHON, "/bin/arq", "shop.jobs.Work", "--watch", "src"), "", ("arq", "shop.jobs.Work", None)),
        ((PYTHON, "-m", "arq", "--burst", "jobs.S"), "REDIS_URL=redis://r\0", ("arq", "jobs.S", "redis://r")),
        ((PYTHON, "/bin/dramatiq", "shop.jobs:broker", "-p8"), "", ("dramatiq", "shop.jobs:broker", None)),
    ],
)  # fmt: skip
def test_command_lines_and_titles_are_recognised(
    tmp_path: Path, cmdline: tuple[str, ...], environ: str, told: tuple[str, str | None, str | None]
) -> None:
    grow(tmp_path, 10, 1, "S", *cmdline)
    (tmp_path / "10" / "environ").write_text(environ)
    (found,) = workers_in(tmp_path)

    broker = found.broker.reveal() if found.broker else None
    assert (found.kind.value, found.app, broker) == told
    assert (found.master_pid, found.workers) == (None, (10,))


@pytest.mark.parametrize(
    "cmdline",
    [
        (PYTHON, "/bin/celery", "-A", "tasks", "beat"),
        (PYTHON, "/bin/celery", "-A", "tasks", "flower"),
        ("[celeryd: b@host:MainProcess] -active- (-A tasks beat)",),
        (PYTHON, "/bin/rq", "info"),
        (PYTHON, "-c", "import celery"),
        ("vim", "celery", "worker"),
    ],
)
def test_their_other_commands_take_no_tasks(tmp_path: Path, cmdline: tuple[str, ...]) -> None:
    grow(tmp_path, 10, 1, "S", *cmdline)

    assert workers_in(tmp_path) == ()


def test_titled_children_belong_to_their_master_and_a_work_horse_is_no_worker(tmp_path: Path) -> None:
    grow(tmp_path, 10, 1, "S", CELERY_TITLE)
    grow(tmp_path, 11, 10, "S", "[celeryd: w1@host:ForkPoolWorker-1]")
    grow(tmp_path, 12, 10, "Z", "[celeryd: w1@host:ForkPoolWorker-2]")
    grow(tmp_path, 20, 1, "S", "rq:worker:fd74: Forked 21 at 0")
    grow(tmp_path, 21, 20, "S", "rq:work-horse-fd74: Processing shop.mail")

    assert [(found.master_pid, found.workers) for found in workers_in(tmp_path)] == [
        (10, (11,)),
        (None, (20,)),
    ]


def workers_in(root: Path) -> tuple[QueueWorker, ...]:
    """Return what a planted tree holds; the names of its processes are Python's."""
    found = find_queue_workers(Proc(root))
    assert isinstance(found, tuple)
    return found
