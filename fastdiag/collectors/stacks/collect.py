"""When stacks are read at all, and what becomes of them.

First the window of the other sources passes, in which only the cheap signs are looked at: what a dump stops
would look to them as if it slept. Then, if it is asked for or the signs say so, a few dumps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastdiag.collectors.reasons import reason_of
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.collectors.stacks.loop_report import LoopTally, report_loops
from fastdiag.collectors.stacks.pool_report import PoolTally, report_pools
from fastdiag.collectors.stacks.pyspy import INSTALL, find
from fastdiag.collectors.stacks.sampling import Samples, take_samples
from fastdiag.collectors.stacks.signs import Signs
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local, Stacks, Target

USUAL_SAMPLING_S: Final = 3.0
LEAST_SAMPLING_S: Final = 0.5
SPARE_S: Final = 0.3
"""Kept back from the time left, for computing and handing over."""
LOOKS_FREE: Final = "not taken: no loop looks blocked, and few threads are at work; --stacks asks for them"
LEFT_OUT: Final = "left out by --gentle or --no-stacks: reading stacks pauses the service, 2 ms each time"


def collect(target: Target, sink: Sink, proc: Proc | None = None) -> None:
    """Read the stacks of the workers that look worst, where that is wanted."""
    proc = proc or Proc()
    local = target.local
    if local is None or not local.workers:
        raise SourceSkipped("no server process was found here", hint="name one with --pid PID")
    if target.stacks is Stacks.NEVER:
        raise SourceSkipped(LEFT_OUT)
    program = find()
    if program is None and target.stacks is Stacks.ASKED:
        raise SourceFailed(Reason.ABSENT, "py-spy is not installed", hint=INSTALL)
    workers = _worth_it(target, local, sink, proc)
    if program is None:
        raise SourceFailed(Reason.ABSENT, "a worker looks blocked, and py-spy is not installed", hint=INSTALL)
    _read(workers, sink, proc, program)


def _worth_it(target: Target, local: Local, sink: Sink, proc: Proc) -> list[int]:
    """Return the workers to look into, the worst first."""
    signs = Signs(proc, local.workers)
    signs.watch(min(target.sample_gap_s, sink.remaining() / 2))
    workers = signs.order()
    if not workers:
        why = signs.refusal
        detail = "thread states of the workers cannot be read" if why is None else why.detail
        raise SourceFailed(reason_of(why) if why else Reason.ABSENT, detail)
    if target.stacks is Stacks.WHEN_BLOCKED and not signs.speak:
        raise SourceSkipped(LOOKS_FREE)
    return workers


def _read(workers: list[int], sink: Sink, proc: Proc, program: Path) -> None:
    left = sink.remaining() - SPARE_S
    if left < LEAST_SAMPLING_S:
        raise SourceFailed(Reason.TIMED_OUT, "no time left to read stacks", hint="raise --deadline")
    samples = take_samples(proc, program, workers, min(USUAL_SAMPLING_S, left), left)
    sink.requests = samples.dumps
    sink.target = _describe(samples)
    _refuse(samples)
    loops, pools = _tallied(proc, samples)
    report_loops(sink, loops)
    report_pools(sink, pools)
    for pid, refusal in samples.refusals.items():
        sink.problem(f"worker {pid}: {refusal.detail}")


def _tallied(proc: Proc, samples: Samples) -> tuple[dict[int, LoopTally], dict[int, PoolTally]]:
    loops, pools = {}, {}
    for pid, taken in samples.of.items():
        folder = proc.cwd(pid)
        cwd = None if isinstance(folder, Unreadable) else str(folder)
        loops[pid], pools[pid] = LoopTally(cwd), PoolTally(cwd)
        for sample in taken:
            loops[pid].add(pid, sample)
            pools[pid].add(sample)
    return loops, pools


def _refuse(samples: Samples) -> None:
    """Raise SourceFailed where nothing could be read, with the reason that says most."""
    if any(samples.of.values()) or not samples.refusals:
        return
    order = [Reason.DENIED, Reason.FAILED, Reason.ABSENT]
    refusal = min(samples.refusals.values(), key=lambda one: order.index(reason_of(one)))
    hint = "run as root" if reason_of(refusal) is Reason.DENIED else None
    raise SourceFailed(reason_of(refusal), refusal.detail, hint=hint)


def _describe(samples: Samples) -> str:
    """Say what was done to the service, for the line on what looking cost."""
    pids = ", ".join(map(str, samples.of))
    return f"worker {pids}: {samples.dumps} dumps of their stacks, {samples.seconds:.1f} s of py-spy"
