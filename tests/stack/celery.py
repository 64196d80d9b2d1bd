"""A Celery worker and Flower, each in a process of its own: importing Celery is no concern of the tests'."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import ServerProcess, clean_environment, running, script


@contextmanager
def celery_worker(  # noqa: PLR0913 - what a worker is told: module, broker, place, queues, size, settings
    tasks: Path,
    broker: str,
    directory: Path,
    *,
    queues: str = "celery",
    concurrency: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """Start a worker for the module ``tasks``, which takes its broker from BROKER; it sends events.

    It is killed in the end: asked to stop, it would finish its task first.
    """
    command = [
        *(script("celery"), "--app", tasks.stem, "worker", "--events", "--loglevel", "info"),
        *("--queues", queues, "--concurrency", str(concurrency), "--hostname", "worker@%n"),
    ]
    log = directory / "celery.log"
    with running(
        command,
        name="celery",
        log=log,
        environment={"BROKER": broker, **(environment or {})},
        working_directory=tasks.parent,
        stop_with=signal.SIGKILL,
    ) as server:
        server.wait_ready(lambda: " ready." in log.read_text(encoding="utf-8", errors="replace"))
        yield server


@contextmanager
def flower(tasks: Path, broker: str, directory: Path, login: str) -> Iterator[str]:
    """Start Flower beside the broker, whose API asks for `user:password`, and give its URL."""
    port = free_port()
    command = [
        *(script("celery"), "--app", tasks.stem, "flower"),
        *(f"--address={LOOPBACK}", f"--port={port}", f"--basic-auth={login}"),
    ]
    url = f"http://{LOOPBACK}:{port}"
    with running(
        command,
        name="flower",
        log=directory / "flower.log",
        environment={"BROKER": broker},
        working_directory=tasks.parent,
    ) as server:
        server.wait_ready(lambda: _answers(f"{url}/healthcheck"))
        yield url


def run_program(program: Path, *words: str, environment: Mapping[str, str]) -> None:
    """Run one of the tests' own programs to its end, as whoever enqueues jobs does."""
    subprocess.run(
        [sys.executable, str(program), *words],
        env={**clean_environment(), **environment},
        cwd=program.parent,
        capture_output=True,
        timeout=30,
        check=True,
    )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).is_success
    except httpx.TransportError:
        return False
