"""One window over the service's processes: usage before and after, thread and socket states in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

from fastdiag.collectors.processes import turnover
from fastdiag.collectors.processes.attempts import Attempts
from fastdiag.collectors.processes.database_cpu import DatabaseCpu
from fastdiag.collectors.processes.deaths import DeathWatch
from fastdiag.collectors.processes.growth import Growth
from fastdiag.collectors.processes.lone import with_living_workers
from fastdiag.collectors.processes.loop import LoopWatch
from fastdiag.collectors.processes.peers import Peers, named_peers
from fastdiag.collectors.processes.queues import QueueWatch
from fastdiag.collectors.processes.threads import ThreadWatch
from fastdiag.collectors.processes.traffic import TrafficWatch
from fastdiag.collectors.processes.usage import Usage
from fastdiag.collectors.processes.work import WorkWatch
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local, Target

LOOP_INTERVAL_S: Final = 0.05
"""80 samples in 4 s: the standard error of a share stays below 6 points. Each costs 0.2 ms a worker."""
LOOKS: Final = 8
LEAST_LOOKS: Final = 3
"""At sockets and threads; fewer where a look is costly, but enough that one moment does not decide."""
LEAST_WINDOW_S: Final = 0.2
"""CPU times come in ticks of 10 ms: over a shorter window a share of a core would be noise."""
SPARE_S: Final = 0.5
"""Kept back from the time left, for computing and handing over."""
MAX_DUTY: Final = 0.05
"""Neither kind of sampling may take more than this share of one core: the machine may be short of CPU."""


def collect(target: Target, sink: Sink, proc: Proc | None = None) -> None:
    """Watch the processes of the target for one window and report what they did."""
    proc = proc or Proc()
    window_s = min(target.sample_gap_s, sink.remaining() - SPARE_S)
    if target.local is None and not target.queue_workers:
        raise SourceSkipped("no server process was found here", hint="name one with --pid PID")
    if window_s < LEAST_WINDOW_S:
        raise SourceFailed(Reason.TIMED_OUT, "no time left to watch the processes", hint="raise --deadline")
    queues = QueueWatch(proc, target)
    if target.local is None:
        sink.target = f"{len(target.queue_workers)} queue workers"
        _watch([queues.sample], window_s)
        queues.report(sink)
        raise SourceFailed(
            Reason.NOT_CONFIGURED, "no server process was found here", hint="name one: --pid PID"
        )
    local = with_living_workers(proc, target.local)
    sink.target = describe(local)
    service = _Service(proc, target, local)
    with closing(service):
        service.refuse_the_dead(sink)
        _watch([service.look, queues.sample], window_s, service.loop.sample)
        service.report(sink, target.window_s)
    queues.report(sink)


class _Service:
    """Everything that is watched of the service's own processes."""

    def __init__(self, proc: Proc, target: Target, local: Local) -> None:
        self._proc = proc
        self._local = local
        self._usage = Usage(proc, local)
        self._growth = Growth(proc, local, self._usage)
        self._attempts = Attempts(proc, local)
        self._deaths = DeathWatch(proc, local)
        peers = Peers(proc, named_peers(target))
        self.loop = LoopWatch(proc, local, peers)
        self._threads = ThreadWatch(proc, local)
        self._traffic = TrafficWatch(proc, local, peers, target.slow_s)
        self._work = WorkWatch()
        self._database = DatabaseCpu(proc)

    def look(self) -> None:
        """Look at sockets, threads and workers once."""
        self._deaths.sample()
        self._threads.sample()
        if self._traffic.sample():
            self._work.note(self._traffic.samples[-1], self._threads.latest)
            self._database.note(self._traffic.samples[-1].servers)

    def close(self) -> None:
        """Let go of what is held of the processes."""
        self._deaths.close()

    def refuse_the_dead(self, sink: Sink) -> None:
        """Raise SourceFailed when there is nothing to watch. A master alone is watched: workers may come."""
        if self._usage.workers:
            return
        if not self._usage.has_master:
            raise SourceFailed(Reason.ABSENT, "the processes have ended", hint="is the service restarting?")
        sink.reading("workers.count", 0.0)
        sink.problem(
            f"the master (pid {self._local.master}) has no workers",
            hint="its log says why they end or do not start",
        )

    def report(self, sink: Sink, window_s: float) -> None:
        """Write what was seen of the workers that are still alive."""
        traffic, usage, local = self._traffic, self._usage, self._local
        cores = usage.cores()
        usage.report(sink)
        self._growth.report(sink)
        self._attempts.report(sink)
        self._deaths.report(sink)
        traffic.report(sink)
        self._database.report(sink, unseen=traffic.why_no_owner())
        alive = usage.workers
        self.loop.report(sink, alive, busy=traffic.workers_with_requests())
        self._threads.report(sink, alive, no_loop=self.loop.absent)
        self._work.report_busy(sink, cores, alive, unseen=traffic.why_no_requests())
        self._work.report_background(sink, unseen=traffic.why_no_requests() or traffic.why_no_calls())
        turnover.report(sink, self._proc, local, usage, window_s)
        ended = sorted(set(local.workers) - set(alive))
        if ended:
            sink.problem(
                f"ended while it was watched: worker {', '.join(map(str, ended))}",
                hint="is the service restarting? its log says why workers end",
            )


def describe(local: Local) -> str:
    """Return the processes in one phrase: `gunicorn shop:app, master 41, 2 workers, port 8000`."""
    name = f"{local.kind} {local.app}" if local.app else local.kind
    workers = f"{len(local.workers)} worker{'s' if len(local.workers) != 1 else ''}"
    who = f"master {local.master}, {workers}" if local.master else f"pid {local.workers[0]}"
    ports = f", port {', '.join(map(str, local.ports))}" if local.ports else ""
    return f"{name}, {who}{ports}"


def _watch(
    looks: Sequence[Callable[[], None]], window_s: float, often: Callable[[], None] | None = None
) -> None:
    """Sample until the window ends: ``often`` shows more the oftener it is asked, ``looks`` cost more."""
    ends = time.monotonic() + window_s
    next_look = time.monotonic()
    while (now := time.monotonic()) < ends:
        if now >= next_look:
            cost_s = _cpu_s_of(*looks)
            next_look = now + min(max(window_s / LOOKS, cost_s / MAX_DUTY), window_s / LEAST_LOOKS)
        pause = max(LOOP_INTERVAL_S, _cpu_s_of(often) / MAX_DUTY if often else 0.0)
        time.sleep(min(pause, max(0.0, ends - time.monotonic())))


def _cpu_s_of(*samplings: Callable[[], None]) -> float:
    before = time.thread_time()
    for take in samplings:
        take()
    return time.thread_time() - before
