"""The thread pool of each worker: how many of its threads are at work.

AnyIO hands every `def` route to a pool thread. One without work waits for it without a time limit, on a
lock (futex). Asleep anywhere else, it is in a call. A lock with a time limit is work as well: that is how
threads wait for a pooled database connection, and for the interpreter lock.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from fastdiag.collectors.processes.loop import parts_of, why_unseen
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind
from fastdiag.host.unreadable import Unreadable
from fastdiag.host.wait_channels import LOCKS, PIPE_READS, POLLS
from fastdiag.model.signal import Bound, Range, Reason
from fastdiag.model.target import Local

ANYIO_THREADS: Final = 40
"""Tokens of AnyIO's default limiter per process; that an application changed it cannot be seen."""
ANYIO_NAME: Final = "AnyIO worker"
"""Start of the name that its threads bear for the kernel, from Python 3.14 on."""
SPAWNING: Final = frozenset({ServerKind.UVICORN.value, ServerKind.FASTAPI.value})
"""Servers whose workers answer their parent's pings in a thread of their own."""
BUSY: Final = "threads.limiter.busy"
LOCKED: Final = "threads.locked"
"""Several threads at once that wait for locks with time limits wait for a pool, seldom for Python itself."""
TIMEOUT_FIELD: Final = 4
"""Of /proc/PID/task/TID/syscall: number, then arguments; futex(2) takes the time limit as the fourth."""
VEILED: Final = "whether threads wait for locks with a time limit takes the right to trace them; run as root"
LOCKS_VEILED: Final = "at least that: which threads wait for a pooled connection could not be seen"
SOCKET_WAITS: Final = ("wait_woken", "poll_schedule_timeout", "sk_wait_data", "inet_wait_for_connect")
"""Where a thread waits for a peer: of a blocking socket, of one with a time limit, for a connection."""


class AtWork(NamedTuple):
    """How many threads of a worker are at work.

    ``locked`` of them wait for a lock with a time limit, ``calling`` wait for a peer on a socket. Not among
    them are those that wait for a lock of which nobody tells us whether it has a time limit: ``veiled``.
    """

    threads: int
    locked: int
    calling: int
    veiled: int


class ThreadWatch:
    """Counts the threads of each worker, beside the main one, that are at work."""

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._workers = local.workers
        self._answers_pings = local.kind in SPAWNING and local.master is not None
        self._counts: dict[int, list[AtWork]] = {pid: [] for pid in local.workers}
        self._latest: dict[int, AtWork] = {}
        self._refusal: Unreadable | None = None

    @property
    def latest(self) -> Mapping[int, AtWork]:
        """The last sample, of each worker whose threads could be seen."""
        return self._latest

    def sample(self) -> None:
        """Count once."""
        self._latest = {}
        for pid in self._workers:
            tids = self._proc.tasks(pid)
            if isinstance(tids, Unreadable):
                self._refusal = tids
                continue
            busy = self._at_work(pid, [tid for tid in tids if tid != pid])
            if busy is not None:
                self._counts[pid].append(busy)
                self._latest[pid] = busy

    def report(self, sink: Sink, alive: Collection[int], *, no_loop: str | None) -> None:
        """Write the median for each worker still ``alive``; ``no_loop`` says why there is no such pool."""
        if no_loop:
            for signal in _known(sink, BUSY, LOCKED, "threads.limiter.size"):
                sink.missing(signal, Reason.ABSENT, f"{no_loop}, so no thread limiter")
            return
        sink.reading("threads.limiter.size", float(ANYIO_THREADS))
        sampled = {pid: counts for pid, counts in self._counts.items() if counts and pid in alive}
        if not sampled:
            for signal in _known(sink, BUSY, LOCKED):
                sink.missing(signal, *why_unseen(self._refusal, "no sample of the threads"))
            return
        self._report_counts(sink, sampled)

    def _report_counts(self, sink: Sink, sampled: Mapping[int, Sequence[AtWork]]) -> None:
        is_veiled = any(count.veiled for counts in sampled.values() for count in counts)
        busy = {pid: [count.threads for count in counts] for pid, counts in sampled.items()}
        locked = {pid: [count.locked for count in counts] for pid, counts in sampled.items()}
        for signal in _known(sink, BUSY):
            _report_worst(sink, signal, busy, bias=LOCKS_VEILED if is_veiled else None)
        for signal in _known(sink, LOCKED):
            if is_veiled:
                sink.missing(signal, Reason.DENIED, VEILED)
            else:
                _report_worst(sink, signal, locked)

    def _at_work(self, pid: int, tids: list[int]) -> AtWork | None:
        """Return how many of these threads are at work; None when that may not be seen."""
        busy: dict[int, str] = {}
        pipes = veiled = 0
        for tid in tids:
            channel = self._proc.wchan(pid, tid)
            if isinstance(channel, Unreadable):
                if channel.reason is not channel.reason.GONE:
                    self._refusal = channel
                    return None
            elif channel.startswith(PIPE_READS) and self._answers_pings and not pipes:
                pipes = 1
            elif (is_busy := self._is_busy(pid, tid, channel)) is None:
                veiled += 1
            elif is_busy:
                busy[tid] = channel
        named = {tid for tid in busy if _says(self._proc.comm(tid), ANYIO_NAME)}
        counted = [channel for tid, channel in busy.items() if not named or tid in named]
        locked = sum(channel.startswith(LOCKS) for channel in counted)
        calling = sum(channel.startswith(SOCKET_WAITS) for channel in counted)
        return AtWork(threads=len(counted), locked=locked, calling=calling, veiled=veiled)

    def _is_busy(self, pid: int, tid: int, channel: str) -> bool | None:
        """Whether a thread is at work; None where that takes a right that we lack."""
        if channel.startswith(POLLS):
            return False  # the loop of something else: an exporter's, a client library's
        return not channel.startswith(LOCKS) or self._has_time_limit(pid, tid)

    def _has_time_limit(self, pid: int, tid: int) -> bool | None:
        """Whether a thread that waits for a lock will give up some time."""
        call = self._proc.syscall(pid, tid)
        if isinstance(call, Unreadable):
            return False if call.reason is call.reason.GONE else None
        fields = call.split()
        return len(fields) > TIMEOUT_FIELD and fields[TIMEOUT_FIELD] != "0x0"


def _known(sink: Sink, *signals: str) -> list[str]:
    """Return those that the vocabulary in force has."""
    return [signal for signal in signals if signal in sink.catalogue.signals]


def _report_worst(
    sink: Sink, signal: str, sampled: Mapping[int, Sequence[int]], bias: str | None = None
) -> None:
    """Write the median of the worker that has most; ``bias`` says what more there may be."""
    medians = {pid: float(statistics.median(counts)) for pid, counts in sampled.items()}
    worst = max(medians, key=lambda pid: (medians[pid], pid))
    counts = sampled[worst]
    window = Range(lowest=min(counts), highest=max(counts), samples=len(counts))
    sink.reading(signal, medians[worst], by=parts_of(medians), window=window, bias=bias, bound=Bound.AT_LEAST)


def _says(name: str | Unreadable, beginning: str) -> bool:
    return isinstance(name, str) and name.startswith(beginning)
