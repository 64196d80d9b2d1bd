"""Tasks that the application begins in a request and does not wait for.

A task counts from the moment at which its request is over and it is not; or when it failed before and
nobody has asked for its outcome. What a request waits for (gather, task groups, timeouts) is part of the
request, and what libraries begin for themselves is theirs. Tasks are only referenced weakly: one that the
application does not hold may vanish before it is done, and is counted as lost.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final
from weakref import ref

from fastdiag.instrument.background import ASYNCIO, Ledger, Outcome, task_name
from fastdiag.instrument.context import CURRENT, RequestContext
from fastdiag.instrument.guard import Guard

_LIBRARIES: Final = frozenset(
    {
        *("anyio", "starlette", "fastapi", "uvicorn", "uvloop", "hypercorn", "granian", "gunicorn"),
        *("httpx", "httpcore", "aiohttp", "websockets", "sqlalchemy", "asyncpg", "psycopg", "psycopg_pool"),
        *("redis", "aio_pika", "aiormq", "aiokafka", "grpc", "sse_starlette", "strawberry", "opentelemetry"),
    }
)
_BEGINNERS: Final = frozenset({"create_task", "ensure_future", "_ensure_future"})
_LOOPS: Final = frozenset({"asyncio", "uvloop"})
_TASK_GROUPS: Final = "asyncio.taskgroups"
_DEEPEST: Final = 6
MOST_KEPT: Final = 20
"""Tasks of one request of which failed ones are kept until its end: a WebSocket may last for days."""
_GUARD: Final = Guard("tasks of the event loop")

_pending: Final[set[Watched]] = set()
"""What must outlive its task in order to hear that this has vanished."""

Task = asyncio.Future[Any]
Factory = Callable[..., Task]


class Watched:
    """A task that the application began in a request."""

    __slots__ = ("__weakref__", "_context", "_failed", "_ledger", "_task", "is_counted", "is_done")

    def __init__(self, task: Task, coroutine: object, context: RequestContext) -> None:
        self._ledger = Ledger(task_name(coroutine), ASYNCIO)
        self._task = ref(task, self._gone)
        self._context = context
        self._failed: Task | None = None
        self.is_counted = False
        self.is_done = False
        _pending.add(self)

    def left_behind(self) -> None:
        """Take note that the request is over."""
        task = self._task()
        if self.is_done:
            if self._failed is not None and getattr(self._failed, "_log_traceback", False):
                self._ledger.begin()
                self._ledger.end(Outcome.FAILED)
            self._failed = None
        elif task is not None and not _is_being_cancelled(task):
            self.is_counted = True
            self._ledger.begin()

    def done(self, task: Task) -> None:
        """Take note that the task is done."""
        self.is_done = True
        _pending.discard(self)
        outcome = _outcome(task)
        if self.is_counted:
            self._ledger.end(outcome)
        elif outcome is Outcome.FAILED and len(self._context.tasks) <= MOST_KEPT:
            self._failed = task  # until the request is over, and it is known whether anybody asked
        else:
            self._context.tasks.discard(self)

    def _gone(self, _: object) -> None:
        # A finalizer: it may interrupt anything.
        _pending.discard(self)
        if self.is_counted and not self.is_done:
            self._ledger.end(Outcome.LOST, later=True)


def _is_being_cancelled(task: Task) -> bool:
    """Whether somebody has cancelled a task, which has not heard of it yet: a request that tidies up."""
    return isinstance(task, asyncio.Task) and task.cancelling() > 0


def _outcome(task: Task) -> Outcome:
    """Return how a task ended, without asking it: asked once, it no longer reports what nobody retrieved."""
    if task.cancelled():
        return Outcome.LOST
    return Outcome.FAILED if getattr(task, "_exception", None) is not None else Outcome.FINISHED


def leave(context: RequestContext) -> None:
    """Take note that a request is over."""
    context.is_over = True
    for watched in tuple(context.tasks):
        watched.left_behind()
    context.tasks.clear()


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Look at each task that is begun in this event loop; a factory that is there goes on making them."""
    before = loop.get_task_factory()
    loop.set_task_factory(_factory(before))


def _factory(before: Factory | None) -> Factory:
    def make(
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any],
        **kwargs: Any,  # noqa: ANN401 - the loop's
    ) -> Task:
        make_task = before or _plain
        task = make_task(loop, coroutine, **kwargs)
        context = CURRENT.get()
        if context is not None:
            with _GUARD:
                _watch(context, task, coroutine)
        return task

    return make


def _plain(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, Any],
    **kwargs: Any,  # noqa: ANN401 - the loop's
) -> Task:
    return asyncio.Task(coroutine, loop=loop, **kwargs)


def _watch(context: RequestContext, task: Task, coroutine: object) -> None:
    if not _begun_by_application():
        return
    watched = Watched(task, coroutine, context)
    task.add_done_callback(watched.done)
    if context.is_over:
        watched.left_behind()
    else:
        context.tasks.add(watched)


def _begun_by_application() -> bool:
    """Whether a task is begun by a line of the application, and not for something that waits for it."""
    frame = sys._getframe(3)  # noqa: SLF001 - who began it; this, _watch and make are not
    for _ in range(_DEEPEST):
        module = str(frame.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        if package not in _LOOPS:
            return package not in _LIBRARIES
        if module == _TASK_GROUPS or frame.f_code.co_name not in _BEGINNERS or frame.f_back is None:
            return False
        frame = frame.f_back
    return False
