"""Brokers beside the service, the workers that take jobs from them, and what happens to workers."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.incidents.companions import Beside, Companion, Surroundings
from tests.incidents.stage import APPS, Stage
from tests.stack.celery import celery_worker
from tests.stack.processes import ServerProcess, running, script
from tests.stack.rabbitmq import RabbitServer, rabbitmq
from tests.stack.redis import RedisServer, redis_server

ARQ_STARTED: Final = "Starting worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisBroker:
    """The Redis that holds the queue."""

    redis: RedisServer

    def waiting_for_celery(self) -> int:
        """Return how many jobs wait in Celery's default queue."""
        return int(self.redis.cli("LLEN", "celery"))

    def held_by_celery(self) -> int:
        """Return how many jobs Celery's workers have taken and not finished."""
        return int(self.redis.cli("HLEN", "unacked"))

    def in_arq(self) -> int:
        """Return how many jobs stand in arq's queue, those in hand included."""
        return int(self.redis.cli("ZCARD", "arq:queue"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitBroker:
    """The RabbitMQ node that holds the queue."""

    rabbit: RabbitServer

    def queue(self, name: str = "celery") -> dict[str, int]:
        """Return the counts of ready and unacknowledged messages and of consumers, by the management API."""
        told = httpx.get(f"{self.rabbit.api}/api/queues/%2F/{name}", timeout=5).raise_for_status().json()
        return {
            key: int(told.get(key, 0)) for key in ("messages_ready", "messages_unacknowledged", "consumers")
        }

    def held_up(self) -> int:
        """Return how many connections the broker holds up because they publish."""
        told = httpx.get(f"{self.rabbit.api}/api/connections", timeout=5).raise_for_status().json()
        return sum(1 for connection in told if connection.get("state") == "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The program that takes jobs from the queue."""

    server: ServerProcess

    @property
    def is_alive(self) -> bool:
        """Whether its main process runs."""
        return self.server.popen.poll() is None

    @property
    def is_frozen(self) -> bool:
        """Whether its main process is stopped by a signal."""
        return self.is_alive and psutil.Process(self.server.pid).status() == psutil.STATUS_STOPPED

    def tell(self, word: signal.Signals) -> None:
        """Send a signal to all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.server.pid, word)


def redis_broker(variable: str) -> Beside:
    """Start Redis as a broker; its URL is given under that name."""

    @contextmanager
    def start(around: Surroundings) -> Iterator[Companion]:
        with redis_server(around.directory) as redis:
            yield Companion(
                handle=RedisBroker(redis=redis),
                environment={variable: redis.url()},
                options=("--queue", redis.url()),
            )

    return start


@contextmanager
def rabbit_broker(around: Surroundings) -> Iterator[Companion]:
    """Start RabbitMQ as Celery's broker."""
    with rabbitmq(around.directory) as rabbit:
        yield Companion(
            handle=RabbitBroker(rabbit=rabbit),
            environment={"CELERY_BROKER_URL": rabbit.amqp},
            options=("--queue", rabbit.api),
        )


def celery_beside(jobs: str, *, concurrency: int) -> Beside:
    """Start a Celery worker for a module among the applications."""

    @contextmanager
    def start(around: Surroundings) -> Iterator[Companion]:
        broker = around.environment["CELERY_BROKER_URL"]
        with celery_worker(
            APPS / jobs, broker, around.directory, concurrency=concurrency, environment=around.environment
        ) as server:
            yield Companion(handle=Worker(server=server))

    return start


def arq_beside(jobs: str) -> Beside:
    """Start an arq worker for a module among the applications."""

    @contextmanager
    def start(around: Surroundings) -> Iterator[Companion]:
        log = around.directory / "arq.log"
        with running(
            [script("arq"), f"{Path(jobs).stem}.WorkerSettings"],
            name="arq",
            log=log,
            environment=around.environment,
            working_directory=APPS,
            stop_with=signal.SIGKILL,  # asked to stop, it would finish its jobs first
        ) as server:
            server.wait_ready(lambda: ARQ_STARTED in log.read_text(encoding="utf-8", errors="replace"))
            yield Companion(handle=Worker(server=server))

    return start


@contextmanager
def worker_gone(stage: Stage) -> Iterator[None]:
    """Let the worker's machine vanish with all its processes, and nothing put another in its place."""
    stage.companion(Worker).tell(signal.SIGKILL)
    yield


@contextmanager
def worker_frozen(stage: Stage) -> Iterator[None]:
    """Stop the worker's processes where they are, as `docker pause` does."""
    worker = stage.companion(Worker)
    worker.tell(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.tell(signal.SIGCONT)


@contextmanager
def disk_alarm(stage: Stage) -> Iterator[None]:
    """Let the broker find less room on its disk than it wants to keep free."""
    rabbit = stage.companion(RabbitBroker).rabbit
    rabbit.ctl("set_disk_free_limit", "100000GB")
    try:
        yield
    finally:
        rabbit.ctl("set_disk_free_limit", "1MB")
