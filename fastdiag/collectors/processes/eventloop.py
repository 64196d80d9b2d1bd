"""Whether a worker's main thread runs an event loop at all, and how sure that is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind
from fastdiag.host.servers import server_of
from fastdiag.host.settings import Setting, settings_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Local

KNOWN_SERVERS: Final = frozenset(kind.value for kind in ServerKind if kind is not ServerKind.PYTHON)
WITHOUT_LOOP: Final = frozenset({"sync", "gthread"})
"""gunicorn's worker classes that run no event loop; gthread has an epoll descriptor all the same."""
TICKING: Final = frozenset({ServerKind.UVICORN.value, ServerKind.FASTAPI.value, ServerKind.HYPERCORN.value})
"""Servers that wake their loops ten times a second. gunicorn's asgi worker does so once, granian never."""
TICKING_WORKERS: Final = "Uvicorn"
EPOLL: Final = "anon_inode:[eventpoll]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPlace:
    """``absent`` says why there is no event loop; ``bias`` why it may be in another thread.

    ``ticks``: the server wakes the loop by itself, so that one which does not wake is not free.
    """

    absent: str | None = None
    bias: str | None = None
    ticks: bool = False


def find_loop(proc: Proc, local: Local) -> LoopPlace:
    """Say whether the main threads of the workers run event loops.

    A sync worker sleeps in select() when it is idle: taken for a loop, it would look blocked for ever.
    """
    worker_class = _worker_class(proc, local)
    if worker_class in WITHOUT_LOOP:
        return LoopPlace(absent=f"gunicorn's {worker_class} workers run no event loop")
    epolls = [_has_epoll(proc, pid) for pid in local.workers]
    if epolls and not any(has is not False for has in epolls):
        return LoopPlace(absent="the workers run no event loop (they hold no epoll descriptor)")
    if local.kind not in KNOWN_SERVERS:
        return LoopPlace(bias="of the main thread; this program's event loop may run in another")
    return LoopPlace(ticks=local.kind in TICKING or TICKING_WORKERS in (worker_class or ""))


def _worker_class(proc: Proc, local: Local) -> str | None:
    """Return gunicorn's worker class without its package: `sync`, `gthread`, `UvicornWorker`."""
    if local.kind != ServerKind.GUNICORN.value or local.master is None:
        return None
    server = server_of(proc, local.master)
    if isinstance(server, Unreadable):
        return None
    settings = settings_of(proc, server)
    setting = settings.get("worker_class")
    if not isinstance(setting, Setting) or not isinstance(setting.value, str):
        return None
    threads = settings.get("threads")
    has_threads = (
        isinstance(threads, Setting) and isinstance(threads.value, int | float) and threads.value > 1
    )
    # gunicorn itself turns sync into gthread when it is told to use threads.
    return "gthread" if setting.value == "sync" and has_threads else setting.value.rpartition(".")[2]


def _has_epoll(proc: Proc, pid: int) -> bool | None:
    """Whether a process holds an epoll descriptor; None: it is gone, or its descriptors may not be read."""
    folder = f"{proc.root}/{pid}/fd"
    try:
        return any(_points_to(f"{folder}/{fd}", EPOLL) for fd in os.listdir(folder))  # noqa: PTH208 - names, not paths: 5 x faster
    except OSError:
        return None


def _points_to(path: str, wanted: str) -> bool:
    try:
        return os.readlink(path) == wanted  # noqa: PTH115 - thousands of descriptors: a Path costs 4 x as much
    except FileNotFoundError:
        return False  # closed since the listing
