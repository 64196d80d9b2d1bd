"""What one process that takes jobs is doing: one table, from what the kernel shows of it over the window.

"No reply" has four explanations, and this is what tells them apart, together with what the broker says
(`queue.completed`, `queue.depth`, `queue.broker.blocked`). The rows of queue-buildup,
queue-consumers-stalled and broker-blocked are this table's other half:

| processes                                  | broker                                   | verdict        |
|--------------------------------------------|------------------------------------------|----------------|
| they use CPU, or go from call to call      | jobs are done, though not fast enough    | busy           |
| alive, all held in one call or stopped     | jobs wait, none is done                  | wedged         |
| alive, none of them has a job              | jobs wait, none is taken                 | wedged         |
| none, or not connected to the broker       | jobs wait, no consumers                  | dead           |
| whatever they do                           | up, and takes or gives no jobs (alarm)   | broker blocked |
| not seen                                   | jobs wait, and nothing else is known     | cannot tell    |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Doing(StrEnum):
    """What a process did over the window."""

    GONE = "gone"
    STOPPED = "stopped"  # by a signal, or its control group is frozen
    WORKING = "working"
    HELD = "held"  # has slept in one and the same call for the whole window
    IDLE = "idle"  # has no job
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One process over one window.

    has_job        whether it had a job in every look (True) or in none (False); None: some looks, or unseen
    slept_through  whether the thread that runs the job never woke; None where no one thread runs it
    called_through whether it waits for an answer for longer than the window; None: no call is under way
    """

    is_alive: bool
    is_stopped: bool
    used_cpu: bool
    has_job: bool | None
    slept_through: bool | None
    called_through: bool | None


def judge(seen: Observed) -> Doing:
    """Return what a process did. The first line that holds decides."""
    match seen:
        case Observed(is_alive=False):
            doing = Doing.GONE
        case Observed(is_stopped=True):
            doing = Doing.STOPPED
        case Observed(used_cpu=True):
            doing = Doing.WORKING
        case Observed(has_job=True, slept_through=True):
            doing = Doing.HELD
        case Observed(has_job=True):
            doing = Doing.WORKING
        case Observed(has_job=False):
            doing = Doing.IDLE
        case Observed(slept_through=True | False):  # a job in some looks: from one to the next
            doing = Doing.WORKING
        case Observed(called_through=True):
            doing = Doing.HELD
        case Observed(called_through=False):
            doing = Doing.WORKING
        case _:
            doing = Doing.UNCLEAR
    return doing
