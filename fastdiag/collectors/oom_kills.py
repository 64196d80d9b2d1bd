"""How many processes of the service the kernel has killed within the window, from a total without times.

A control group counts its kills for as long as it exists, and does not say when they were. Two looks tell
those of the seconds in between. The earlier ones are dated by the processes: container runtimes and service
managers make a group for the first process of a service and remove it after the last, so the group is as
old as its oldest process; its master outlives the workers that the kernel picks. Where the oldest is younger
than the window, the whole total lies within it. Where it is not (a session's group with a shell in it, a
service that has run for days), earlier kills may lie within the window or before it: the count of the two
looks is the least that there can have been.

Even then the total may be told to be this service's own: where nothing in the group is older than its main
process, every kill came after the service had started.
"""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink
from fastdiag.host.group_age import oldest_member_started_at
from fastdiag.host.memory_group import GroupMemory
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Reason

KILLS: Final = "host.oom_kills"
TOTAL: Final = "host.oom_kills.total"
SINCE_START: Final = "host.oom_kills.since_start"
ENTRY_S: Final = 10.0
"""By so much an entry point (a shell, an init, a migration) may be older than the server that it starts."""
SHARED: Final = "the control group has older processes than the service: its kills may have been before"


def report(  # noqa: PLR0913 - two looks, and what dates them
    sink: Sink,
    proc: Proc,
    pid: int,
    before: GroupMemory | Unreadable,
    after: GroupMemory | Unreadable,
    window_s: float,
) -> None:
    """Write the kills of the window, of the service's life (by its main process ``pid``), of the group's."""
    if isinstance(before, Unreadable):
        say_unreadable(sink, before, KILLS, TOTAL, SINCE_START)
    elif isinstance(after, Unreadable):
        say_unreadable(sink, after, KILLS, TOTAL, SINCE_START)
    elif before.oom_kills is None or after.oom_kills is None:
        for signal in (KILLS, TOTAL, SINCE_START):
            sink.missing(signal, Reason.ABSENT, "this kernel does not count OOM kills by control group")
    else:
        sink.reading(TOTAL, float(after.oom_kills))
        seen, earlier = max(0, after.oom_kills - before.oom_kills), min(before.oom_kills, after.oom_kills)
        began = _began_at(proc, after)
        if not after.oom_kills or _is_alone(proc, pid, began):
            sink.reading(SINCE_START, float(after.oom_kills))
        else:
            sink.missing(SINCE_START, Reason.ABSENT, SHARED)
        if not earlier or (began is not None and 0 <= time.time() - began < window_s):
            sink.reading(KILLS, float(after.oom_kills))
        else:
            sink.reading(KILLS, float(seen), bias=_undated(earlier), bound=Bound.AT_LEAST)


def _began_at(proc: Proc, group: GroupMemory) -> float | None:
    """Return since when there are processes in the group, in seconds since the epoch; None: nobody tells."""
    if group.path is None:
        return None
    started = oldest_member_started_at(proc, group.path)
    return None if isinstance(started, Unreadable) else started


def _is_alone(proc: Proc, pid: int, began: float | None) -> bool:
    """Whether the group was made for the service: nothing in it is older."""
    if began is None:
        return False
    stat = proc.stat(pid)
    return not isinstance(stat, Unreadable) and began > stat.started_at - ENTRY_S


def _undated(earlier: int) -> str:
    return f"at least: when the {earlier} before were, since the control group was made, is not told"
