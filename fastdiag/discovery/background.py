"""Who does the background work on this machine, and the brokers that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from fastdiag.config import Settings
from fastdiag.config.addresses import QUEUE_SCHEMES, SHARED_VARIABLES
from fastdiag.discovery.addresses import is_here
from fastdiag.discovery.contacts import Place
from fastdiag.discovery.homes import Clue, Home, brokers_of, shared_of
from fastdiag.discovery.naming import folder_of
from fastdiag.discovery.rabbitmq import AMQP_PORTS, with_management
from fastdiag.discovery.search import Search
from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueWorker, find_queue_workers
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Local, Secret


def find_background(
    search: Search, homes: Sequence[Home], contacts: Iterable[Place] | None
) -> tuple[tuple[Local, ...], tuple[Secret, ...]]:
    """Return the local queue workers, and the brokers to ask.

    A broker to which the service is connected (``contacts``), and whose login nobody tells us, is noted.

    The workers of this machine may be another service's. What the service itself calls its broker is
    believed first, then that of workers that are visibly its own, then a Redis that may be one, and only
    then that of any worker here.
    """
    found = find_queue_workers(search.proc)
    workers = () if isinstance(found, Unreadable) else found
    own = tuple(worker for worker in workers if _belongs(worker, homes, search.proc))
    queues = (
        search.all("queue", search.settings.queues, brokers_of(homes))
        or search.all("queue", (), _brokers(own, search.proc))
        or search.all("queue", (), _shared(search.settings, homes))
        or search.all("queue", (), _brokers(workers, search.proc))
    )
    if not queues and "queue" in search.settings.sources:
        search.notes.extend(_unasked(contacts or ()))
    return tuple(map(_local, own or workers)), with_management(queues, search.proc)


def _unasked(contacts: Iterable[Place]) -> Iterator[str]:
    """Yield what to tell of the first RabbitMQ that the service uses: what waits there will not be seen."""
    schemes = {port: scheme for scheme, port in AMQP_PORTS.items()}
    for host, port in sorted(place for place in contacts if place[1] in schemes)[:1]:
        shown = f"[{host}]" if ":" in host else host
        yield (
            f"the service is connected to a message broker ({shown}:{port}); what waits in its queues, and"
            f" who takes it, is not seen without a login: --queue {schemes[port]}://USER:PASSWORD@{shown}"
        )


def _belongs(worker: QueueWorker, homes: Iterable[Home], proc: Proc) -> bool:
    """Whether a worker runs where the service does, or takes its tasks from what the service knows."""
    folder = folder_of(proc, worker.main_pid)
    for home in homes:
        if folder is not None and folder == folder_of(proc, home.pid) != Path("/"):
            return True
        if worker.broker is not None and worker.broker.reveal() in home.environ.values():
            return True
    return False


def _local(worker: QueueWorker) -> Local:
    return Local(
        kind=worker.kind.value, app=worker.app, master=worker.master_pid, workers=worker.workers, ports=()
    )


def _brokers(workers: Iterable[QueueWorker], proc: Proc) -> Iterator[Clue]:
    for worker in workers:
        if worker.broker is None or not _may_ask(worker.broker, worker.main_pid, proc):
            continue
        yield f"{worker.kind.value} worker, pid {worker.main_pid}", worker.broker


def _may_ask(broker: Secret, pid: int, proc: Proc) -> bool:
    """Whether we can ask a broker, and its host is the same machine for us as for the worker."""
    try:
        parts = urlsplit(broker.reveal())
    except ValueError:
        return False
    if parts.scheme not in QUEUE_SCHEMES:
        return False
    is_apart = proc.shares_network(pid) is False
    return not is_apart or (parts.hostname is not None and is_here(parts.hostname) is not True)


def _shared(settings: Settings, homes: Iterable[Home]) -> Iterator[Clue]:
    """Yield the Redis servers that may be a broker as well."""
    yield from shared_of(homes)
    variable = settings.origin.get("cache", "")
    if variable in SHARED_VARIABLES:
        yield from ((variable, url) for url in settings.caches)
