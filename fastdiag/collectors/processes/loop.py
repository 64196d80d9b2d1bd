"""The event loop and the thread limiter of each worker, from the states of its threads.

A healthy loop sleeps in its poll (epoll) or runs. Asleep anywhere else, it is inside a blocking call: no
privilege-free metric shows that, the kernel's wait channel does (shares measured on uvicorn, gunicorn with
uvicorn and asgi workers: healthy 78-100 % poll, 50 ms time.sleep 96-100 % elsewhere, 30 ms of a blocking
database driver 90 %).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import NEEDS_LINUX, Unreadable
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.model.signal import Part, Range, Reason
from fastdiag.model.target import Local

ANYIO_THREADS: Final = 40
"""Tokens of AnyIO's default limiter per process; that an application changed it cannot be seen."""
POLLS: Final = ("do_epoll_wait", "ep_poll", "do_sys_poll", "io_uring")
IDLE_THREADS: Final = ("futex", *POLLS)
"""A pool thread without work waits for a lock (futex); one in a poll of its own runs another loop."""
MIN_SAMPLES: Final = 10


class State(StrEnum):
    """What a thread was doing at one moment."""

    POLLING = "polling"
    RUNNING = "running"
    BLOCKED = "blocked"


class LoopWatch:
    """Samples the main thread of every worker, where uvicorn's loop runs, and counts its busy threads."""

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._workers = local.workers
        self._states: dict[int, Counter[State]] = {pid: Counter() for pid in local.workers}
        self._blocked_in: Counter[str] = Counter()
        self._busy_threads: dict[int, list[int]] = {pid: [] for pid in local.workers}
        self._refusal: Unreadable | None = None
        self._switches = {pid: _switches(proc, pid) for pid in local.workers}
        self._waits = {pid: proc.run_queue_wait_s(pid) for pid in local.workers}

    def sample(self) -> None:
        """Note what the main thread of each worker is doing now."""
        for pid in self._workers:
            channel = self._proc.wchan(pid)
            if isinstance(channel, Unreadable):
                self._refusal = channel
                continue
            state = _state(channel)
            self._states[pid][state] += 1
            if state is State.BLOCKED:
                self._blocked_in[channel] += 1

    def sample_threads(self) -> None:
        """Count the threads of each worker, beside the main one, that are at work now."""
        for pid in self._workers:
            tids = self._proc.tasks(pid)
            if isinstance(tids, Unreadable):
                continue
            channels = [self._proc.wchan(pid, tid) for tid in tids if tid != pid]
            readable = [channel for channel in channels if not isinstance(channel, Unreadable)]
            if len(readable) == len(channels):
                busy = [channel for channel in readable if not channel.startswith(IDLE_THREADS)]
                self._busy_threads[pid].append(len(busy))

    def report(self, sink: Sink, seconds: float, *, busy: Iterable[int]) -> None:
        """Write the shares and rates; ``busy`` are the workers that had requests in the window."""
        self._report_states(sink)
        self._report_switches(sink, seconds, frozenset(busy))
        self._report_waits(sink, seconds)
        self._report_threads(sink)

    def _report_states(self, sink: Sink) -> None:
        known = {pid: states for pid, states in self._states.items() if states.total() >= MIN_SAMPLES}
        for signal, state, worst in (
            ("loop.blocked.ratio", State.BLOCKED, max),
            ("loop.running.ratio", State.RUNNING, max),
            ("loop.polling.ratio", State.POLLING, min),
        ):
            if not known:
                sink.missing(signal, *self._why_unknown())
                continue
            shares = {pid: states[state] / states.total() for pid, states in known.items()}
            sink.reading(signal, worst(shares.values()), by=self._parts(shares, state))

    def _parts(self, shares: dict[int, float], state: State) -> tuple[Part, ...]:
        where = self._blocked_in.most_common(1)[0][0] if state is State.BLOCKED and self._blocked_in else None
        ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            Part(labels=(*((("in", where),) if where and share else ()), ("worker", str(pid))), value=share)
            for pid, share in ordered
        )

    def _why_unknown(self) -> tuple[Reason, str]:
        refusal = self._refusal
        if refusal is None:
            return Reason.ABSENT, "too few samples of the event loop's thread"
        if refusal.reason is HostReason.DENIED:
            return Reason.DENIED, "thread states of another user's processes; run as that user or as root"
        return Reason.ABSENT, refusal.detail

    def _report_switches(self, sink: Sink, seconds: float, busy: frozenset[int]) -> None:
        rates = {}
        for pid, before in self._switches.items():
            after = _switches(self._proc, pid)
            if before is not None and after is not None:
                rates[pid] = (after - before) / seconds
        with_requests = [rate for pid, rate in rates.items() if pid in busy]
        if with_requests:
            parts = [Part(labels=(("worker", str(pid)),), value=rate) for pid, rate in sorted(rates.items())]
            sink.reading("loop.switches", min(with_requests), by=parts)
        else:
            detail = "no worker had requests in the window" if rates else NEEDS_LINUX.detail
            sink.missing("loop.switches", Reason.ABSENT, detail)

    def _report_waits(self, sink: Sink, seconds: float) -> None:
        shares = {}
        for pid, before in self._waits.items():
            after = self._proc.run_queue_wait_s(pid)
            if not isinstance(before, Unreadable) and not isinstance(after, Unreadable):
                shares[pid] = min(1.0, (after - before) / seconds)
        if shares:
            parts = [
                Part(labels=(("worker", str(pid)),), value=share) for pid, share in sorted(shares.items())
            ]
            sink.reading("workers.cpu.wait", max(shares.values()), by=parts)
        else:
            sink.missing("workers.cpu.wait", Reason.ABSENT, "this kernel keeps no run-queue times")

    def _report_threads(self, sink: Sink) -> None:
        sink.reading("threads.limiter.size", float(ANYIO_THREADS))
        sampled = {pid: counts for pid, counts in self._busy_threads.items() if counts}
        if not sampled:
            sink.missing("threads.limiter.busy", *self._why_unknown())
            return
        medians = {pid: float(statistics.median(counts)) for pid, counts in sampled.items()}
        worst = max(medians, key=lambda pid: (medians[pid], pid))
        counts = sampled[worst]
        sink.reading(
            "threads.limiter.busy",
            medians[worst],
            by=[Part(labels=(("worker", str(pid)),), value=value) for pid, value in sorted(medians.items())],
            window=Range(lowest=min(counts), highest=max(counts), samples=len(counts)),
        )


def _state(channel: str) -> State:
    if channel in {"0", ""}:
        return State.RUNNING
    return State.POLLING if channel.startswith(POLLS) else State.BLOCKED


def _switches(proc: Proc, pid: int) -> int | None:
    switches = proc.context_switches(pid)
    return None if isinstance(switches, Unreadable) else switches.voluntary
