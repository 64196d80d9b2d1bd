"""Background tasks: begun, finished, failed, lost. Starlette's own are counted here, asyncio's in `tasks`.

Lost are those that did not come to their end and will not be run again: cancelled with the server's shutdown,
destroyed because nobody held them, or never begun because one before them in the same answer failed.
"""

from __future__ import annotations

import enum
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from fastdiag.instrument.guard import LOG, Guard
from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import MOST_VALUES, TASKS_ENDED, TASKS_RUNNING, TASKS_STARTED
from fastdiag.instrument.patching import Method, Patch, wrap

if TYPE_CHECKING:
    from starlette.background import BackgroundTask, BackgroundTasks

STARLETTE: Final = "starlette"
ASYNCIO: Final = "asyncio"
_BEGUN: Final = "_fastdiag_begun"
_GUARD: Final = Guard("background tasks")
_told: Final[set[str]] = set()


class Outcome(enum.Enum):
    """What became of a task."""

    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"


def _tell(task: str, what: str) -> None:
    """Log the first loss of each task, so that somebody looks; the metrics count them all."""
    level = logging.DEBUG if task in _told or len(_told) >= MOST_VALUES else logging.WARNING
    _told.add(task)
    LOG.log(level, "the background task %s %s", task, what)


class Ledger:
    """Counts one task."""

    __slots__ = ("_labels",)

    def __init__(self, name: str, kind: str) -> None:
        self._labels = (name, kind)

    def begin(self) -> None:
        """Count its beginning."""
        METER.record(TASKS_STARTED, 1, *self._labels)
        RUNNING.add(self._labels, 1)

    def end(self, outcome: Outcome, *, later: bool = False) -> None:
        """Count its end; ``later`` where a finalizer tells it."""
        if later:
            METER.defer(TASKS_ENDED, 1, *self._labels, outcome.value)
            RUNNING.gone.append(self._labels)
            return
        METER.record(TASKS_ENDED, 1, *self._labels, outcome.value)
        RUNNING.add(self._labels, -1)
        if outcome is Outcome.LOST:
            _tell(self._labels[0], "was lost before its end")

    def never_began(self) -> None:
        """Count a task that was promised and is not run."""
        METER.record(TASKS_ENDED, 1, *self._labels, Outcome.LOST.value)
        _tell(self._labels[0], "was not run, because one before it failed")


class Running:
    """How many tasks of each name are under way; ``gone`` are those whose end a finalizer told."""

    def __init__(self) -> None:
        self.gone: deque[tuple[str, str]] = deque()
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, labels: tuple[str, str], difference: int) -> None:
        """Note a beginning or an end; begun and ended in the event loop's thread."""
        self._counts[labels] = self._counts.get(labels, 0) + difference

    def look(self) -> None:
        """Publish."""
        while self.gone:
            self.add(self.gone.popleft(), -1)
        for labels, count in tuple(self._counts.items()):
            METER.record(TASKS_RUNNING, count, *labels)


RUNNING: Final = Running()


def task_name(function: object) -> str:
    """Return the name by which a function or coroutine is known: the code bounds how many there are."""
    inner = getattr(function, "func", function)  # functools.partial
    return str(getattr(inner, "__qualname__", None) or type(inner).__qualname__)


def _install() -> None:
    from starlette.background import BackgroundTask, BackgroundTasks  # noqa: PLC0415 - the application has it

    wrap(BackgroundTask, "__call__", _counted)
    wrap(BackgroundTasks, "__call__", _one_after_the_other)


def _counted(original: Method) -> Method:
    async def call(self: BackgroundTask) -> None:
        ledger = Ledger(task_name(self.func), STARLETTE)
        with _GUARD:
            self.__dict__[_BEGUN] = True
            ledger.begin()
        outcome = Outcome.LOST
        try:
            await original(self)
            outcome = Outcome.FINISHED
        except Exception:
            outcome = Outcome.FAILED
            raise
        finally:
            with _GUARD:
                ledger.end(outcome)

    return call


def _one_after_the_other(original: Method) -> Method:
    async def call(self: BackgroundTasks) -> None:
        try:
            await original(self)
        except BaseException:
            with _GUARD:
                _tell_unbegun(self)
            raise

    return call


def _tell_unbegun(tasks: BackgroundTasks) -> None:
    """Starlette runs the tasks of one answer in turn, and none after one that fails."""
    for task in tasks.tasks:
        function = getattr(task, "func", None)
        if function is not None and _BEGUN not in task.__dict__:
            Ledger(task_name(function), STARLETTE).never_began()


def _install_for_fastapi() -> None:
    from fastapi import background  # noqa: PLC0415 - the application has it

    wrap(background.BackgroundTasks, "__call__", _one_after_the_other)


PATCHES: Final = (
    Patch(module="starlette.background", needs=("BackgroundTask", "BackgroundTasks"), install=_install),
    # A class of its own, which runs the tasks itself.
    Patch(module="fastapi.background", needs=("BackgroundTasks",), install=_install_for_fastapi),
)
