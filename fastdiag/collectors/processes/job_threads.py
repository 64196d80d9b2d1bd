"""Which processes have a job, and whether the thread that runs it ever woke, from the states of that thread.

Celery's child without a task waits in a pipe, or for the lock on it; RQ's worker with one has a child in a
process group of its own, which runs it. Dramatiq and arq wait for tasks as they wait in tasks: there no
thread shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import QueueKind
from fastdiag.host.unreadable import Unreadable
from fastdiag.host.wait_channels import LOCKS, PIPE_READS
from fastdiag.model.target import Local

MIN_LOOKS: Final = 3
"""Fewer say nothing of the whole window."""


class JobThreads:
    """Looks at the threads of queue workers again and again."""

    def __init__(self, proc: Proc, locals_: Sequence[Local]) -> None:
        self._proc = proc
        self._locals = locals_
        self.looks: list[frozenset[int]] = []
        self._wakes: dict[int, set[tuple[int, int] | None]] = {}
        self._refused: set[int] = set()

    def sample(self) -> None:
        """Note which processes have a job now, and how often the thread that runs it has woken so far."""
        at_work = set()
        for local in self._locals:
            for pid in local.workers if self._is_of_one_thread(local) else ():
                thread = self.thread_of(local, pid)
                if thread is not None and self._has_job(local, thread):
                    at_work.add(pid)
                    self._wakes.setdefault(pid, set()).add(self._wake(thread))
        self.looks.append(frozenset(at_work))

    def shows_jobs(self, local: Local) -> bool:
        """Whether the threads of a program show who has a job, and could be seen."""
        return self._is_of_one_thread(local) and self._refused.isdisjoint(local.workers)

    def has_job(self, local: Local, pid: int) -> bool | None:
        """Whether a process had a job in every look (True) or in none (False)."""
        if not self.shows_jobs(local) or not self.looks:
            return None
        seen = {pid in look for look in self.looks}
        return True if seen == {True} else None if True in seen else False

    def slept_through(self, local: Local, pid: int) -> bool | None:
        """Whether the thread that runs the job slept in one call in all looks; None where it is not known.

        One that has started a program waits for what that one does.
        """
        if not self.shows_jobs(local) or len(self.looks) < MIN_LOOKS:
            return None
        wakes = self._wakes.get(pid, set())
        return len(wakes) == 1 and None not in wakes

    def thread_of(self, local: Local, pid: int) -> int | None:
        """Return the process whose main thread runs the jobs of a worker; None: nobody, or no single one."""
        if not self._is_of_one_thread(local):
            return None
        return self._work_horse(pid) if local.kind == QueueKind.RQ.value else pid

    @staticmethod
    def _is_of_one_thread(local: Local) -> bool:
        return local.kind == QueueKind.RQ.value or (
            local.kind == QueueKind.CELERY.value and local.master is not None
        )

    def _has_job(self, local: Local, thread: int) -> bool:
        if local.kind == QueueKind.RQ.value:
            return True
        channel = self._proc.wchan(thread)
        if isinstance(channel, Unreadable):
            self._refused.add(thread)
            return False
        return not channel.startswith((*PIPE_READS, LOCKS))

    def _wake(self, thread: int) -> tuple[int, int] | None:
        """Return who sleeps, and how often it has gone to sleep so far; None where it does not just sleep."""
        switches = self._proc.context_switches(thread)
        children = self._proc.children(thread)
        if isinstance(switches, Unreadable) or (not isinstance(children, Unreadable) and children):
            return None
        return thread, switches.voluntary

    def _work_horse(self, pid: int) -> int | None:
        children = self._proc.children(pid)
        if isinstance(children, Unreadable):
            if children.reason is not children.reason.GONE:
                self._refused.add(pid)
            return None
        for child in children:
            stat = self._proc.stat(child)
            if not isinstance(stat, Unreadable) and not stat.is_zombie and stat.group == child:
                return child
        return None
