"""The queue workers on this machine: whether they live, have a job, and get on with it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.processes.figures import MAX_PARTS, median, range_of
from fastdiag.collectors.processes.job_contacts import Call, ContactBook, Contacts, Tie
from fastdiag.collectors.processes.job_states import Doing, Observed, judge
from fastdiag.collectors.processes.job_threads import JobThreads
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Part, Reason
from fastdiag.model.target import Local, Target

BUSY_CORES: Final = 0.1
"""An idle worker polls its broker, which takes far less of a core."""
SIGNALS: Final = (
    "queue.processes",
    "queue.processes.busy",
    "queue.processes.held",
    "queue.processes.held.longest",
    "queue.processes.stopped",
    "queue.processes.disconnected",
)
NOBODY: Final = "no Celery, RQ, Dramatiq or arq worker was found here"
FOREIGN: Final = "the queue workers here are connected to other brokers"
BY_CPU: Final = "at least that: a task that waits uses no CPU, and only Celery's and RQ's processes show it"
BY_CALL: Final = "of a process that does several jobs at once one call was seen; its other jobs may go on"
WHOSE: Final = "all queue workers of this machine: which of them take jobs from this broker is not seen"
STOPPED_STATES: Final = "Tt"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker:
    """One process: its program, what it did, and the call in which it was held."""

    local: Local
    pid: int
    doing: Doing
    used_cpu: bool
    sleep: Call | None = None


class QueueWatch:
    """Samples the processes that take tasks; one that is connected to another broker is none of ours."""

    def __init__(self, proc: Proc, target: Target) -> None:
        self._proc = proc
        self._locals = target.queue_workers
        self._book = ContactBook(proc, target)
        self._before = {local: self._book.look(local) for local in self._locals}
        self._threads = JobThreads(proc, self._locals)
        self._cpu_s = {pid: self._used(pid) for local in self._locals for pid in local.workers}
        self._started = time.monotonic()

    def sample(self) -> None:
        """Note which of them have a task now, as far as their states tell."""
        self._threads.sample()

    def report(self, sink: Sink) -> None:
        """Write all figures; nothing where no such program was found here."""
        self._book.afresh()
        contacts = {local: self._book.look(local) for local in self._locals}
        ties = {local: _tie(self._before[local], contacts[local]) for local in self._locals}
        counted = [local for local in self._locals if ties[local] is not Tie.FOREIGN]
        if not counted:
            for signal in SIGNALS:
                sink.missing(signal, Reason.ABSENT, FOREIGN if self._locals else NOBODY)
            return
        if Tie.OURS in ties.values():  # another that is connected to none may be anybody's
            counted = [local for local in counted if ties[local] is not Tie.LOOSE]
        whose = None if all(ties[local] is Tie.OURS for local in counted) or len(counted) == 1 else WHOSE
        workers = list(self._workers(counted, contacts))
        self._report_alive(sink, counted, workers, whose)
        self._report_busy(sink, counted, workers, whose)
        self._report_held(sink, workers, whose)
        self._report_cut_off(sink, workers, ties, whose)

    def _workers(self, counted: Sequence[Local], contacts: Mapping[Local, Contacts]) -> Iterator[_Worker]:
        seconds = max(time.monotonic() - self._started, 0.01)
        for local in counted:
            for pid in local.workers:
                call = contacts[local].calls.get(pid)
                seen = self._observed(local, pid, call, seconds)
                doing = judge(seen)
                sleep = self._sleep(local, pid, call, seconds) if doing is Doing.HELD else None
                yield _Worker(local=local, pid=pid, doing=doing, used_cpu=seen.used_cpu, sleep=sleep)

    def _sleep(self, local: Local, pid: int, call: Call | None, seconds: float) -> Call:
        """Return the call in which a process was held: for the window at least."""
        thread = self._threads.thread_of(local, pid)
        sleep = self._book.sleep_of(pid if thread is None else thread, call, is_thread=thread is not None)
        return Call(what=sleep.what, age_s=max(sleep.age_s, seconds))

    def _observed(self, local: Local, pid: int, call: Call | None, seconds: float) -> Observed:
        before, after = self._cpu_s.get(pid), self._used(pid)
        used_s = after - before if before is not None and after is not None else 0.0
        return Observed(
            is_alive=after is not None,
            is_stopped=self._is_stopped(pid) or (local.master is not None and self._is_stopped(local.master)),
            used_cpu=used_s / seconds >= BUSY_CORES,
            has_job=self._threads.has_job(local, pid),
            slept_through=self._threads.slept_through(local, pid),
            called_through=None if call is None else call.age_s >= seconds,
        )

    def _report_alive(
        self, sink: Sink, counted: Sequence[Local], workers: Sequence[_Worker], whose: str | None
    ) -> None:
        alive = Counter(worker.local for worker in workers if worker.doing is not Doing.GONE)
        by = [
            Part(labels=(("app", local.app or "?"), ("kind", local.kind)), value=float(alive[local]))
            for local in counted
        ]
        sink.reading(
            "queue.processes",
            float(alive.total()),
            by=by[:MAX_PARTS],
            bias=whose,
            bound=Bound.AT_MOST,
        )

    def _report_busy(
        self, sink: Sink, counted: Sequence[Local], workers: Sequence[_Worker], whose: str | None
    ) -> None:
        """Write how many have a task: as the looks show it, where they do; else by CPU and calls."""
        shown = {pid for local in counted if self._threads.shows_jobs(local) for pid in local.workers}
        by_other = {
            w.pid
            for w in workers
            if w.used_cpu or (w.pid not in shown and w.doing in {Doing.WORKING, Doing.HELD})
        }
        counts = [len((look & shown) | by_other) for look in self._threads.looks] or [len(by_other)]
        is_exact = all(self._threads.shows_jobs(local) for local in counted)
        sink.reading(
            "queue.processes.busy",
            median(counts),
            window=range_of(counts),
            bias=whose or (None if is_exact else BY_CPU),
            bound=Bound.AT_LEAST if whose is None else None,
        )

    def _report_held(self, sink: Sink, workers: Sequence[_Worker], whose: str | None) -> None:
        held = [(w, w.sleep) for w in workers if w.sleep is not None]
        held.sort(key=lambda found: -found[1].age_s)
        is_unsure = any(not self._threads.shows_jobs(w.local) for w, _ in held)
        bias = whose or (BY_CALL if is_unsure else None)
        unclear = [w for w in workers if w.doing is Doing.UNCLEAR]
        if unclear and not held:
            why = "what a job of Dramatiq or arq waits for shows in its sockets only, and they show no call"
            for signal in ("queue.processes.held", "queue.processes.held.longest"):
                sink.missing(signal, Reason.ABSENT, why)
        else:
            self._write_held(sink, held, bias)
        stopped = [w for w in workers if w.doing is Doing.STOPPED]
        by = [Part(labels=(("worker", str(w.pid)),), value=1.0) for w in stopped]
        sink.reading("queue.processes.stopped", float(len(stopped)), by=by[:MAX_PARTS], bias=whose)

    @staticmethod
    def _write_held(sink: Sink, held: Sequence[tuple[_Worker, Call]], bias: str | None) -> None:
        labels = [(("peer", sleep.what), ("worker", str(worker.pid))) for worker, sleep in held[:MAX_PARTS]]
        ages = [sleep.age_s for _, sleep in held[:MAX_PARTS]]
        sink.reading(
            "queue.processes.held",
            float(len(held)),
            by=[Part(labels=each, value=1.0) for each in labels],
            bias=bias,
            bound=Bound.AT_MOST if bias == BY_CALL else None,
        )
        sink.reading(
            "queue.processes.held.longest",
            max(ages, default=0.0),
            by=[Part(labels=each, value=age) for each, age in zip(labels, ages, strict=True)],
            bias=bias,
        )

    def _report_cut_off(
        self, sink: Sink, workers: Sequence[_Worker], ties: Mapping[Local, Tie], whose: str | None
    ) -> None:
        if not self._book.knows_broker or Tie.UNKNOWN in {ties[w.local] for w in workers}:
            why = (
                "whether the workers are connected takes the broker's port and the right to see their sockets"
            )
            sink.missing("queue.processes.disconnected", Reason.ABSENT, why)
            return
        loose = [w for w in workers if ties[w.local] is Tie.LOOSE and w.doing is not Doing.GONE]
        by = [Part(labels=(("worker", str(w.pid)),), value=1.0) for w in loose]
        sink.reading("queue.processes.disconnected", float(len(loose)), by=by[:MAX_PARTS], bias=whose)

    def _is_stopped(self, pid: int) -> bool:
        stat = self._proc.stat(pid)
        return not isinstance(stat, Unreadable) and stat.state in STOPPED_STATES

    def _used(self, pid: int) -> float | None:
        """Return the CPU time of a process; None: it has ended."""
        stat = self._proc.stat(pid)
        return None if isinstance(stat, Unreadable) or stat.is_zombie else stat.cpu_s


def _tie(first: Contacts, last: Contacts) -> Tie:
    """Return the closest tie of two looks: a client may be between two connections at one of them."""
    order = (Tie.OURS, Tie.FOREIGN, Tie.LOOSE, Tie.UNKNOWN)
    return min((first.tie, last.tie), key=order.index)
