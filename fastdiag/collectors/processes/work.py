"""Which workers are busy, and how much work belongs to no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from fastdiag.collectors.processes.figures import Unseen, median, range_of, say_missing
from fastdiag.collectors.processes.sample import Sample
from fastdiag.collectors.processes.threads import AtWork
from fastdiag.collectors.processes.usage import ENDED
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Bound, Reason

BUSY_CORES: Final = 0.9
"""Python runs on one core at a time: a worker that uses so much of one has no room for another request."""
BY_CPU_ALONE: Final = "by CPU alone: the requests in hand cannot be seen"
PARALLEL: Final = "calls that one request makes in parallel count as well"


class WorkWatch:
    """Compares, at each look, the work of every worker with the requests that it has in hand."""

    def __init__(self) -> None:
        self._holders: list[frozenset[int]] = []
        self._unclaimed: list[int] = []
        self._has_parallel = False

    def note(self, sample: Sample, threads: Mapping[int, AtWork]) -> None:
        """Take what sockets and threads showed at one moment."""
        requests = Counter(int(each.holder) for each in sample.requests if each.holder.isdecimal())
        work = Counter(call.worker for call in (*sample.calls, *sample.commands, *sample.statements))
        for worker, at_work in threads.items():
            # A thread that waits on a socket is a call, which is counted; one that waits for a lock with a
            # time limit may be an exporter's between two batches.
            work[worker] += max(0, at_work.threads - at_work.calling - at_work.locked)
        extra = {worker: max(0, count - requests[worker]) for worker, count in work.items()}
        self._has_parallel |= any(count and requests[worker] for worker, count in extra.items())
        # Connections of which nobody can tell whether a request is on them may explain all of it.
        self._unclaimed.append(max(0, sum(extra.values()) - len(sample.unclear) - sample.streams))
        self._holders.append(frozenset(requests))

    def report_busy(
        self, sink: Sink, cores: Mapping[int, float], alive: Collection[int], *, unseen: Unseen | None
    ) -> None:
        """Write how many workers are busy; ``cores`` is the CPU that each has used."""
        if not alive:
            say_missing(sink, Unseen(Reason.ABSENT, ENDED), "workers.busy")
            return
        at_full_cpu = {pid for pid, used in cores.items() if used >= BUSY_CORES and pid in alive}
        if unseen and not cores:
            say_missing(sink, unseen, "workers.busy")
        elif unseen:
            sink.reading("workers.busy", float(len(at_full_cpu)), bias=BY_CPU_ALONE)
        else:
            counts = [len((holders | at_full_cpu) & set(alive)) for holders in self._holders]
            sink.reading("workers.busy", median(counts), window=range_of(counts))

    def report_background(self, sink: Sink, *, unseen: Unseen | None) -> None:
        """Write how much work belongs to no request."""
        if unseen:
            say_missing(sink, unseen, "background.active")
            return
        found = median(self._unclaimed)
        bias = PARALLEL if found and self._has_parallel else None
        seen = range_of(self._unclaimed)
        sink.reading("background.active", found, window=seen, bias=bias, bound=Bound.AT_MOST)
