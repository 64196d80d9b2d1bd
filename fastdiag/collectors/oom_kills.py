"""How many processes of the service the kernel has killed within the window, from a total without times.

A control group counts its kills for as long as it exists, and does not say when they were. Two looks tell
those of the seconds in between. The earlier ones are dated by the processes: container runtimes and service
managers make a group for the first process of a service and remove it after the last, so the group is as
old as its oldest process; its master outlives the workers that the kernel picks. Where the oldest is younger
than the window, the whole total lies within it. Where it is not (a session's group with a shell in it, a
service that has run for days), earlier kills may lie within the window or before it: the count of the two
looks is the least that there can have been.
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


def report(
    sink: Sink,
    proc: Proc,
    before: GroupMemory | Unreadable,
    after: GroupMemory | Unreadable,
    window_s: float,
) -> None:
    """Write the kills of the window, and those since the service's control group was made."""
    if isinstance(before, Unreadable):
        say_unreadable(sink, before, KILLS, TOTAL)
    elif isinstance(after, Unreadable):
        say_unreadable(sink, after, KILLS, TOTAL)
    elif before.oom_kills is None or after.oom_kills is None:
        for signal in (KILLS, TOTAL):
            sink.missing(signal, Reason.ABSENT, "this kernel does not count OOM kills by control group")
    else:
        sink.reading(TOTAL, float(after.oom_kills))
        seen, earlier = max(0, after.oom_kills - before.oom_kills), min(before.oom_kills, after.oom_kills)
        if not earlier or _is_younger(proc, after, window_s):
            sink.reading(KILLS, float(after.oom_kills))
        else:
            sink.reading(KILLS, float(seen), bias=_undated(earlier), bound=Bound.AT_LEAST)


def _is_younger(proc: Proc, group: GroupMemory, window_s: float) -> bool:
    if group.path is None:
        return False
    started = oldest_member_started_at(proc, group.path)
    return not isinstance(started, Unreadable) and 0 <= time.time() - started < window_s


def _undated(earlier: int) -> str:
    return f"at least: when the {earlier} before were, since the control group was made, is not told"
