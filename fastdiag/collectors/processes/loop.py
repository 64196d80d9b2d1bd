"""The event loop of each worker, from the states of its main thread.

A healthy loop sleeps in its poll (epoll) or runs. Asleep anywhere else, it is inside a blocking call: no
privilege-free metric shows that, the kernel's wait channel does (shares measured on uvicorn, gunicorn with
uvicorn and asgi workers: healthy 78-100 % poll, 50 ms time.sleep 96-100 % elsewhere, 30 ms of a blocking
database driver 90 %).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from fastdiag.collectors.processes.eventloop import find_loop
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import NEEDS_LINUX, Unreadable
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

POLLS: Final = ("do_epoll_wait", "ep_poll", "io_cqring_wait")
"""Where epoll and io_uring wait. poll() and select() are not among them: no loop uses these on Linux, but
blocking database drivers do."""
LOCKS: Final = "futex"
RUNNING_CHANNELS: Final = frozenset({"0", ""})
MIN_SAMPLES: Final = 10
BUSY_CORES: Final = 0.5
"""From here on, a main thread that waits for a lock is taken to wait for the interpreter's, behind the
process's own busy threads: it competes for the CPU, and no call blocks it."""


class State(StrEnum):
    """What a thread was doing at one moment."""

    POLLING = "polling"
    RUNNING = "running"
    LOCKED = "waiting for a lock"
    BLOCKED = "blocked"


class LoopWatch:
    """Samples the main thread of every worker, where the servers run their event loops."""

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._workers = local.workers
        self._place = find_loop(proc, local)
        self._channels: dict[int, Counter[str]] = {pid: Counter() for pid in local.workers}
        self._refusal: Unreadable | None = None
        self._switches = {pid: _switches(proc, pid) for pid in local.workers}
        self._waits = {pid: proc.run_queue_wait_s(pid) for pid in local.workers}
        self._started = time.monotonic()

    @property
    def absent(self) -> str | None:
        """Why the workers have no event loop; None when they have one."""
        return self._place.absent

    def sample(self) -> None:
        """Note what the main thread of each worker is doing now."""
        if self.absent:
            return
        for pid in self._workers:
            channel = self._proc.wchan(pid)
            if isinstance(channel, Unreadable):
                self._refusal = channel
            else:
                self._channels[pid][channel] += 1

    def report(self, sink: Sink, *, busy: Iterable[int], cores: Mapping[int, float]) -> None:
        """Write the shares and rates.

        ``busy`` are the workers that had requests in the window, ``cores`` the CPU that each worker used.
        """
        seconds = time.monotonic() - self._started
        self._report_states(sink, cores)
        self._report_switches(sink, seconds, frozenset(busy))
        self._report_waits(sink, seconds)

    def _report_states(self, sink: Sink, cores: Mapping[int, float]) -> None:
        known = {
            pid: _states(channels, cores.get(pid, 0.0))
            for pid, channels in self._channels.items()
            if channels.total() >= MIN_SAMPLES
        }
        for signal, state, worst in (
            ("loop.blocked.ratio", State.BLOCKED, max),
            ("loop.running.ratio", State.RUNNING, max),
            ("loop.polling.ratio", State.POLLING, min),
        ):
            if not known:
                sink.missing(signal, *self._why_unknown())
                continue
            shares = {pid: states[state] / states.total() for pid, states in known.items()}
            parts = self._parts(shares, state)
            sink.reading(signal, worst(shares.values()), by=parts, bias=self._place.bias)

    def _parts(self, shares: Mapping[int, float], state: State) -> list[Part]:
        """Return each worker's share; of a blocked one also the kernel function in which it mostly sleeps."""
        parts = []
        for pid, share in sorted(shares.items(), key=lambda item: (-item[1], item[0])):
            slept = [
                channel
                for channel, _ in self._channels[pid].most_common()
                if _state(channel) in {State.BLOCKED, State.LOCKED}
            ]
            where = (("in", slept[0]),) if state is State.BLOCKED and share and slept else ()
            parts.append(Part(labels=(*where, ("worker", str(pid))), value=share))
        return parts

    def _why_unknown(self) -> tuple[Reason, str]:
        if self.absent:
            return Reason.ABSENT, self.absent
        return why_unseen(self._refusal, "too few samples of the event loop's thread")

    def _report_switches(self, sink: Sink, seconds: float, busy: frozenset[int]) -> None:
        if self.absent:
            sink.missing("loop.switches", Reason.ABSENT, self.absent)
            return
        rates = {}
        for pid, before in self._switches.items():
            after = _switches(self._proc, pid)
            if before is not None and after is not None:
                rates[pid] = (after - before) / seconds
        with_requests = [rate for pid, rate in rates.items() if pid in busy]
        if with_requests:
            sink.reading("loop.switches", min(with_requests), by=parts_of(rates), bias=self._place.bias)
            return
        seen = any(before is not None for before in self._switches.values())
        detail = "no worker was seen to have requests in the window" if seen else NEEDS_LINUX.detail
        sink.missing("loop.switches", Reason.ABSENT, detail)

    def _report_waits(self, sink: Sink, seconds: float) -> None:
        shares = {}
        for pid, before in self._waits.items():
            after = self._proc.run_queue_wait_s(pid)
            if not isinstance(before, Unreadable) and not isinstance(after, Unreadable):
                shares[pid] = min(1.0, (after - before) / seconds)
        if shares:
            sink.reading("workers.cpu.wait", max(shares.values()), by=parts_of(shares))
        else:
            sink.missing("workers.cpu.wait", Reason.ABSENT, "no run-queue times of the workers can be read")


def why_unseen(refusal: Unreadable | None, otherwise: str) -> tuple[Reason, str]:
    """Say why thread states are unknown."""
    if refusal is None:
        return Reason.ABSENT, otherwise
    if refusal.reason is HostReason.DENIED:
        return Reason.DENIED, "thread states of another user's processes; run as that user or as root"
    if refusal.reason is HostReason.GONE:
        return Reason.ABSENT, "the workers ended while they were watched"
    return Reason.ABSENT, refusal.detail


def parts_of(values: Mapping[int, float]) -> list[Part]:
    """Return a figure of each worker as parts, in order of pid."""
    return [Part(labels=(("worker", str(pid)),), value=value) for pid, value in sorted(values.items())]


def _states(channels: Counter[str], cores: float) -> Counter[State]:
    """Count the samples by state; waits for locks count as running or blocked, by what the process does."""
    states: Counter[State] = Counter()
    for channel, count in channels.items():
        states[_state(channel)] += count
    locked = states.pop(State.LOCKED, 0)
    states[State.RUNNING if cores >= BUSY_CORES else State.BLOCKED] += locked
    return states


def _state(channel: str) -> State:
    if channel in RUNNING_CHANNELS:
        return State.RUNNING
    if channel.startswith(POLLS):
        return State.POLLING
    return State.LOCKED if channel.startswith(LOCKS) else State.BLOCKED


def _switches(proc: Proc, pid: int) -> int | None:
    switches = proc.context_switches(pid)
    return None if isinstance(switches, Unreadable) else switches.voluntary
