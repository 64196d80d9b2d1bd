"""What a service's processes occupy, and when they ended: from the process table and the server's own log."""

import psutil

from tests.stack.apps import AppServer

ENDED_AND_REPLACED = {"gunicorn": "Booting worker with pid", "uvicorn": "Started server process"}


def workers(app: AppServer) -> list[psutil.Process]:
    """Return the children of the server's first process; that process itself where it has none."""
    master = psutil.Process(app.pid)
    return master.children() or [master]


def resident_bytes(app: AppServer) -> int:
    """Return the resident memory of the server's processes together."""
    return sum(process.memory_info().rss for process in {psutil.Process(app.pid), *workers(app)})


def most_descriptors(app: AppServer) -> int:
    """Return how many files the worker with the most of them has open."""
    return max(process.num_fds() for process in workers(app))


def workers_started(app: AppServer) -> int:
    """Return how many workers have been started in the server's whole life, as its log tells."""
    log = app.server.log.read_text(encoding="utf-8", errors="replace")
    return max(log.count(line) for line in ENDED_AND_REPLACED.values())
