"""One window over the service's processes: usage before and after, thread and socket states in between."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.processes.loop import LoopWatch
from fastdiag.collectors.processes.peers import Peers
from fastdiag.collectors.processes.traffic import TrafficWatch
from fastdiag.collectors.processes.usage import Usage
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local, Target

LOOP_INTERVAL_S: Final = 0.05
"""80 samples in 4 s: the standard error of a share stays below 6 points. Each costs 0.2 ms a worker."""
SOCKET_SAMPLES: Final = 8
SPARE_S: Final = 0.5
"""Kept back from the time left, for computing and handing over."""
MAX_DUTY: Final = 0.1
"""Sampling must not take more than this share of one core on a machine that is short of CPU."""


def collect(target: Target, sink: Sink) -> None:
    """Watch the processes of ``target.local`` for one window and report what they did."""
    local = target.local
    if local is None:
        raise SourceSkipped("no uvicorn or gunicorn process was found here", hint="name one with --pid PID")
    sink.target = describe(local)
    proc = Proc()
    usage = Usage(local)
    if not usage.alive:
        raise SourceFailed(Reason.ABSENT, "the processes have ended", hint="is the service restarting?")
    loop = LoopWatch(proc, local)
    traffic = TrafficWatch(proc, local, Peers(proc, target.database_endpoints), target.slow_s)
    seconds = _watch(loop, traffic, min(target.sample_gap_s, sink.remaining() - SPARE_S))
    usage.report(sink, seconds)
    traffic.report(sink)
    loop.report(sink, seconds, busy=traffic.workers_with_requests())


def describe(local: Local) -> str:
    """Return the processes in one phrase: `gunicorn shop:app, master 41, 2 workers, port 8000`."""
    name = f"{local.kind} {local.app}" if local.app else local.kind
    workers = f"{len(local.workers)} worker{'s' if len(local.workers) != 1 else ''}"
    who = f"master {local.master}, {workers}" if local.master else f"pid {local.workers[0]}"
    ports = f", port {', '.join(map(str, local.ports))}" if local.ports else ""
    return f"{name}, {who}{ports}"


def _watch(loop: LoopWatch, traffic: TrafficWatch, window_s: float) -> float:
    """Sample until the window ends and return its real length in seconds."""
    started = time.monotonic()
    next_traffic = started
    pause = LOOP_INTERVAL_S
    while (now := time.monotonic()) < started + window_s:
        if now >= next_traffic:
            traffic.sample()
            loop.sample_threads()
            next_traffic = now + max(window_s / SOCKET_SAMPLES, (time.monotonic() - now) / MAX_DUTY)
        before = time.monotonic()
        loop.sample()
        pause = max(LOOP_INTERVAL_S, (time.monotonic() - before) / MAX_DUTY)
        time.sleep(min(pause, max(0.0, started + window_s - time.monotonic())))
    return time.monotonic() - started
