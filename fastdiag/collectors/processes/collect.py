"""One window over the service's processes: usage before and after, thread and socket states in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from fastdiag.collectors.processes.loop import LoopWatch
from fastdiag.collectors.processes.peers import Peers
from fastdiag.collectors.processes.threads import ThreadWatch
from fastdiag.collectors.processes.traffic import TrafficWatch
from fastdiag.collectors.processes.usage import Usage
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


def collect(target: Target, sink: Sink) -> None:
    """Watch the processes of ``target.local`` for one window and report what they did."""
    local = target.local
    if local is None:
        raise SourceSkipped("no uvicorn or gunicorn process was found here", hint="name one with --pid PID")
    sink.target = describe(local)
    proc = Proc()
    usage = Usage(proc, local)
    _refuse_without_workers(usage, local, sink)
    loop, threads = LoopWatch(proc, local), ThreadWatch(proc, local)
    traffic = TrafficWatch(proc, local, Peers(proc, target.database_endpoints), target.slow_s)
    window_s = min(target.sample_gap_s, sink.remaining() - SPARE_S)
    if window_s < LEAST_WINDOW_S:
        raise SourceFailed(Reason.TIMED_OUT, "no time left to watch the processes", hint="raise --deadline")
    _watch(loop, threads, traffic, window_s)
    usage.report(sink)
    traffic.report(sink)
    alive = usage.workers
    loop.report(sink, alive, busy=traffic.workers_with_requests())
    threads.report(sink, alive, no_loop=loop.absent)
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


def _refuse_without_workers(usage: Usage, local: Local, sink: Sink) -> None:
    if usage.workers:
        return
    if usage.has_master:
        sink.reading("workers.count", 0.0)
        raise SourceFailed(
            Reason.ABSENT,
            f"the master (pid {local.master}) has no workers",
            hint="its log says why they do not start",
        )
    raise SourceFailed(Reason.ABSENT, "the processes have ended", hint="is the service restarting?")


def _watch(loop: LoopWatch, threads: ThreadWatch, traffic: TrafficWatch, window_s: float) -> None:
    """Sample until the window ends."""
    ends = time.monotonic() + window_s
    next_look = time.monotonic()
    while (now := time.monotonic()) < ends:
        if now >= next_look:
            cost_s = _cpu_s_of(traffic.sample, threads.sample)
            next_look = now + min(max(window_s / LOOKS, cost_s / MAX_DUTY), window_s / LEAST_LOOKS)
        pause = max(LOOP_INTERVAL_S, _cpu_s_of(loop.sample) / MAX_DUTY)
        time.sleep(min(pause, max(0.0, ends - time.monotonic())))


def _cpu_s_of(*samplings: Callable[[], None]) -> float:
    before = time.thread_time()
    for take in samplings:
        take()
    return time.thread_time() - before
