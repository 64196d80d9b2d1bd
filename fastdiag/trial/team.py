"""Work side by side: each process holds the table and the cases, so that a task is but a number or a row."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Final, TypeVar

from fastdiag.errors import FastdiagError
from fastdiag.model.rule import Rulebook
from fastdiag.model.trial import Case

Task = TypeVar("Task")
Result = TypeVar("Result")
WORTH_A_PROCESS: Final = 20
"""So many tasks take longer than a process takes to start (0.5 s)."""
AT_ONCE: Final = 4
"""Tasks that wait for each process: enough to keep it busy, few enough to stop soon."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What every task needs, and each process holds once: one is like no other."""

    book: Rulebook
    cases: tuple[Case, ...]


Work = Callable[[Desk, Task], Result]
"""A function of a module: processes find it by its name."""

_desks: list[Desk] = []
"""The desk of this process, if it is one of a team."""


class Team:
    """Does tasks, in processes if there are any, and tells of each as it is done."""

    def __init__(self, desk: Desk, pool: ProcessPoolExecutor | None, size: int) -> None:
        self.desk = desk
        self._pool = pool
        self._size = size

    def each(self, work: Work[Task, Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the number of each task and its result, in the order in which they are done.

        Raises:
            FastdiagError: a process was killed.

        """
        if self._pool is None:
            yield from ((number, work(self.desk, task)) for number, task in enumerate(tasks))
            return
        try:
            yield from self._side_by_side(self._pool, work, tasks)
        except BrokenProcessPool:
            hint = "the machine may be short of memory: `--jobs 1` works in this process alone"
            raise FastdiagError("a process that tried the table was killed", hint=hint) from None

    def _side_by_side(
        self, pool: ProcessPoolExecutor, work: Work[Task, Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        waiting: dict[Future[Result], int] = {}
        coming = iter(enumerate(tasks))
        while True:
            for number, task in coming:
                with _ctrl_c_held_back():
                    waiting[pool.submit(_at_desk, work, task)] = number
                if len(waiting) >= self._size * AT_ONCE:
                    break
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()


@contextmanager
def team(desk: Desk, tasks: int, jobs: int | None = None) -> Iterator[Team]:
    """Yield a team for so many tasks: of ``jobs`` processes, or of as many as are worth it."""
    size = min(jobs or usable_cores(), tasks // WORTH_A_PROCESS + 1)
    if size == 1:
        yield Team(desk, None, 1)
        return
    # Spawned: whoever asks may show its progress from a thread, and threads do not survive a fork.
    others = frozenset(active_children())
    with ProcessPoolExecutor(size, get_context("spawn"), _sit_down, (desk,)) as pool:
        try:
            yield Team(desk, pool, size)
        except BaseException:  # Ctrl-C is none: nobody waits for what nobody wants any more
            for process in frozenset(active_children()) - others:
                process.terminate()
            raise


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Let processes begin deaf to Ctrl-C, which a terminal sends to all: the one who asked ends the others.

    A mask is inherited and holds from the first line of Python on; what comes meanwhile is delivered after.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _sit_down(desk: Desk) -> None:
    _desks.append(desk)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End with the process that asked, even if it was killed: else this one would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _at_desk(work: Work[Task, Result], task: Task) -> Result:
    return work(_desks[-1], task)
