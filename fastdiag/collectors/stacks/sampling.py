"""Dumps of a few workers in turn, few enough that neither service nor machine suffers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.collectors.stacks.pyspy import Stack, dump
from fastdiag.host.proc import Proc
from fastdiag.host.syscalls import Act, Wait, wait_of
from fastdiag.host.unreadable import Reason, Unreadable

MAX_WORKERS: Final = 3
LEAST_SAMPLES: Final = 5
"""Of fewer nothing is said."""
MAX_DUMPS: Final = 20
"""Of each worker: 40 ms of pauses in all; the standard error of a share is at most 11 points."""
MAX_DUTY: Final = 0.25
"""The time that dumps take may be this share at most: they use 15 ms of one core each."""
LEAST_PAUSE_S: Final = 0.05
STOPPED: Final = frozenset("Tt")
"""States of a process that somebody else has stopped: a debugger, or SIGSTOP."""
ENDED: Final = "it ended while stacks were read"
PAUSED: Final = Unreadable(
    reason=Reason.ABSENT, detail="the process is stopped (SIGSTOP or a debugger), so it is left alone"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The stacks of one worker at one moment.

    ``wait`` is what its main thread slept in just before: None when it ran or that could not be told apart;
    ``is_wait_known``: it could be.
    """

    stacks: tuple[Stack, ...]
    wait: Act | None
    is_wait_known: bool


@dataclass(slots=True)
class Samples:
    """What was read of each worker, and why of some nothing more was.

    ``seconds``: the time that dumps took.
    """

    of: dict[int, list[Sample]] = field(default_factory=dict)
    refusals: dict[int, Unreadable] = field(default_factory=dict)
    dumps: int = 0
    seconds: float = 0.0


def take_samples(proc: Proc, program: Path, workers: Sequence[int], usual_s: float, most_s: float) -> Samples:
    """Dump the first of these workers until there are enough samples or the time is up.

    That is after ``usual_s``; after ``most_s`` where that gave too few of the first worker, the worst one: on
    a machine that is short of CPU a dump takes long.
    """
    began = time.monotonic()
    found = Samples(of={pid: [] for pid in workers[:MAX_WORKERS]})
    for pid in _turns(list(found.of)):
        enough = len(found.of[workers[0]]) >= LEAST_SAMPLES or workers[0] in found.refusals
        left = began + (usual_s if enough else most_s) - time.monotonic()
        if left <= 0:
            break
        if pid not in found.refusals:
            cost = _take(proc, program, pid, left, found)
            time.sleep(min(max(LEAST_PAUSE_S, cost / MAX_DUTY - cost), left))
    return found


def _turns(pids: Sequence[int]) -> Iterator[int]:
    """Yield whose turn it is: first enough of the worst worker, then of all."""
    yield from [pids[0]] * LEAST_SAMPLES
    for number in range(MAX_DUMPS):
        yield from (pid for pid in pids if pid != pids[0] or number < MAX_DUMPS - LEAST_SAMPLES)


def _take(proc: Proc, program: Path, pid: int, left: float, found: Samples) -> float:
    """Take one sample; return the seconds that it took."""
    state = proc.stat(pid)
    if isinstance(state, Unreadable):
        is_gone = state.reason is Reason.GONE
        found.refusals[pid] = Unreadable(reason=state.reason, detail=ENDED) if is_gone else state
        return 0.0
    if state.state in STOPPED:
        found.refusals[pid] = PAUSED
        return 0.0
    wait = wait_of(proc, pid, pid)
    began = time.monotonic()
    stacks = dump(program, pid, left)
    cost = time.monotonic() - began
    found.dumps += 1
    found.seconds += cost
    if isinstance(stacks, Unreadable):
        if stacks.reason is not Reason.FAILED or not found.of[pid]:
            found.refusals[pid] = stacks
    else:
        found.of[pid].append(_sample(stacks, wait))
    return cost


def _sample(stacks: tuple[Stack, ...], wait: Wait | Unreadable | None) -> Sample:
    if isinstance(wait, Unreadable):
        return Sample(stacks=stacks, wait=None, is_wait_known=False)
    return Sample(stacks=stacks, wait=wait.act if wait else None, is_wait_known=True)


def sleeps_in(sample: Sample, loop: Stack) -> Act | None:
    """Return what the loop's thread sleeps in; None when it runs, or waits for the interpreter's lock."""
    if not sample.is_wait_known or sample.wait is Act.OTHER:  # it may have polled until just before
        return None if loop.is_active else Act.OTHER
    others_run = any(stack.has_lock for stack in sample.stacks if stack is not loop)
    return None if sample.wait is Act.LOCK and others_run else sample.wait
