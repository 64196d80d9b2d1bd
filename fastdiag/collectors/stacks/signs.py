"""The cheap look at all workers that decides whether their stacks are worth a pause of the service.

Neither stops nor attaches to anything: the wait channels of threads, as any user may read of his own.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.host.wait_channels import LOCKS, PIPE_READS, POLLS

INTERVAL_S: Final = 0.1
THREADS_EVERY: Final = 5
"""Looks at the loop's thread for each at the pool's: these may be forty."""
MAX_WORKERS: Final = 32
LEAST_POLLING: Final = 0.5
"""A loop that waits in its poll less often is blocked or busy: healthy ones do so 78 to 100 % of the time."""
MANY_THREADS: Final = 10
"""A quarter of AnyIO's limiter at work at once: who waits for what is worth knowing."""


class Signs:
    """What the threads of each worker were seen to do."""

    def __init__(self, proc: Proc, workers: Sequence[int]) -> None:
        self._proc = proc
        self._channels: dict[int, Counter[str]] = {pid: Counter() for pid in workers[:MAX_WORKERS]}
        self._threads: dict[int, list[int]] = {pid: [] for pid in self._channels}
        self.refusal: Unreadable | None = None

    def watch(self, seconds: float) -> None:
        """Look for so long."""
        ends = time.monotonic() + seconds
        looks = 0
        while time.monotonic() < ends:
            self._look(with_threads=looks % THREADS_EVERY == 0)
            looks += 1
            time.sleep(min(INTERVAL_S, max(0.0, ends - time.monotonic())))

    def order(self) -> list[int]:
        """Return the workers that live, the one first that seems worst off."""
        living = [pid for pid, channels in self._channels.items() if channels]
        return sorted(living, key=lambda pid: (self._polling(pid), -self._busy_threads(pid)))

    @property
    def speak(self) -> bool:
        """Whether some loop hardly polls, or many threads are at work."""
        return any(
            self._polling(pid) < LEAST_POLLING or self._busy_threads(pid) >= MANY_THREADS
            for pid in self.order()
        )

    def _look(self, *, with_threads: bool) -> None:
        for pid, channels in self._channels.items():
            channel = self._proc.wchan(pid)
            if isinstance(channel, Unreadable):
                self.refusal = channel
                continue
            channels[channel] += 1
            if with_threads:
                self._threads[pid].append(self._at_work(pid))

    def _at_work(self, pid: int) -> int:
        tids = self._proc.tasks(pid)
        if isinstance(tids, Unreadable):
            return 0
        channels = (self._proc.wchan(pid, tid) for tid in tids if tid != pid)
        return sum(
            isinstance(channel, str) and not channel.startswith((*POLLS, *PIPE_READS, LOCKS))
            for channel in channels
        )

    def _polling(self, pid: int) -> float:
        channels = self._channels[pid]
        polls = sum(count for channel, count in channels.items() if channel.startswith(POLLS))
        return polls / channels.total() if channels else 1.0

    def _busy_threads(self, pid: int) -> float:
        return statistics.median(self._threads[pid]) if self._threads[pid] else 0.0
