"""The event loop of each worker, from the states of its main thread.

A healthy loop sleeps in its poll (epoll) or runs. Asleep anywhere else, it is inside a blocking call: no
privilege-free metric shows that, the kernel's wait channel does (shares measured on uvicorn, gunicorn with
uvicorn and asgi workers: healthy 78-100 % poll, 50 ms time.sleep 96-100 % elsewhere, 30 ms of a blocking
database driver 90 %).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from fastdiag.collectors.processes.blockers import BLOCKED_ON, Blockers
from fastdiag.collectors.processes.eventloop import find_loop
from fastdiag.collectors.processes.peers import Peers
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import NEEDS_LINUX, Unreadable
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.wait_channels import LOCKS, POLLS
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

RUNS: Final = "0"
MIN_SAMPLES: Final = 10
TICKS_PER_S: Final = 10.0
"""A loop that is woken so often by its server shows at least as many switches, unless it is blocked."""
NO_TICK: Final = "this server does not wake its event loop, so few switches may as well mean that it waits"


class State(StrEnum):
    """What a thread was doing at one moment."""

    POLLING = "polling"
    RUNNING = "running"
    BLOCKED = "blocked"


class LoopWatch:
    """Samples the main thread of every worker, where the servers run their event loops."""

    def __init__(self, proc: Proc, local: Local, peers: Peers) -> None:
        self._proc = proc
        self._workers = local.workers
        self._blockers = Blockers(proc, local, peers)
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
            elif channel.startswith(LOCKS) and self._another_runs(pid):
                self._channels[pid][RUNS] += 1
            else:
                self._channels[pid][channel] += 1
                if _state(channel) is State.BLOCKED:
                    self._blockers.note(pid)

    def _another_runs(self, pid: int) -> bool:
        """Whether another thread of the process runs while the main one waits for a lock.

        Then that is the interpreter's lock: the loop competes for the CPU, and no call of its own blocks it.
        """
        tids = self._proc.tasks(pid)
        others = () if isinstance(tids, Unreadable) else (tid for tid in tids if tid != pid)
        return any(self._proc.wchan(pid, tid) == RUNS for tid in others)

    def report(self, sink: Sink, alive: Collection[int], *, busy: Collection[int]) -> None:
        """Write the shares and rates of the workers that are still ``alive``.

        ``busy`` are those that had requests in the window.
        """
        seconds = time.monotonic() - self._started
        self._report_states(sink, alive)
        self._report_switches(sink, seconds, busy)
        self._report_waits(sink, seconds)

    def _report_states(self, sink: Sink, alive: Collection[int]) -> None:
        known = {
            pid: _states(channels)
            for pid, channels in self._channels.items()
            if pid in alive and channels.total() >= MIN_SAMPLES
        }
        totals = {pid: states.total() for pid, states in known.items()}
        if totals:
            self._blockers.report(sink, totals, bias=self._place.bias)
        else:
            sink.missing(BLOCKED_ON, *self._why_unknown())
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
                if _state(channel) is State.BLOCKED
            ]
            where = (("in", slept[0]),) if state is State.BLOCKED and share and slept else ()
            parts.append(Part(labels=(*where, ("worker", str(pid))), value=share))
        return parts

    def _why_unknown(self) -> tuple[Reason, str]:
        if self.absent:
            return Reason.ABSENT, self.absent
        return why_unseen(self._refusal, "too few samples of the event loop's thread")

    def _report_switches(self, sink: Sink, seconds: float, busy: Collection[int]) -> None:
        if self.absent:
            sink.missing("loop.switches", Reason.ABSENT, self.absent)
            return
        rates = {}
        for pid, before in self._switches.items():
            after = _switches(self._proc, pid)
            if before is not None and after is not None:
                rates[pid] = (after - before) / seconds
        with_requests = [rate for pid, rate in rates.items() if pid in busy]
        if with_requests and not self._place.ticks and min(with_requests) < TICKS_PER_S:
            sink.missing("loop.switches", Reason.ABSENT, NO_TICK)
            return
        if with_requests:
            sink.reading("loop.switches", min(with_requests), by=parts_of(rates), bias=self._place.bias)
            return
        seen = not self._switches or any(before is not None for before in self._switches.values())
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
            refusals = [wait.detail for wait in self._waits.values() if isinstance(wait, Unreadable)]
            why = (*refusals, "they ended")[0]
            sink.missing("workers.cpu.wait", Reason.ABSENT, f"no run-queue times of the workers: {why}")


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


def _states(channels: Counter[str]) -> Counter[State]:
    """Count the samples by state."""
    states: Counter[State] = Counter()
    for channel, count in channels.items():
        states[_state(channel)] += count
    return states


def _state(channel: str) -> State:
    if channel in {RUNS, ""}:
        return State.RUNNING
    return State.POLLING if channel.startswith(POLLS) else State.BLOCKED


def _switches(proc: Proc, pid: int) -> int | None:
    switches = proc.context_switches(pid)
    return None if isinstance(switches, Unreadable) else switches.voluntary
