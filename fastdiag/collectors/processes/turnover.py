"""How old master and workers are, and how many workers have been replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.processes import lone
from fastdiag.collectors.processes.loop import parts_of
from fastdiag.collectors.processes.usage import Usage
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.servers import server_of
from fastdiag.host.settings import Setting, settings_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local

START_S: Final = 10.0
"""A master starts its first workers within this time; whatever comes later replaces one, or was added."""
NO_MASTER: Final = "a single process: no master replaces it"
RECYCLED: Final = "some by the server's own limit on a worker's requests"
TOGETHER_S: Final = 5.0
"""A reload starts all workers within this time; workers that die one by one are replaced one by one."""
RELOADED: Final = (
    "all workers were replaced at once, as a reload does on purpose; "
    "only their master could tell whether they had died instead"
)


def report(sink: Sink, proc: Proc, local: Local, usage: Usage, window_s: float) -> None:
    """Write the ages of the master and the workers that live, and how many of these are replacements."""
    ages = usage.ages()
    workers = {pid: age for pid, age in ages.items() if pid in local.workers}
    main_age = ages.get(local.master) if local.master is not None else max(workers.values(), default=None)
    if workers:
        sink.reading("workers.age", min(workers.values()), by=parts_of(workers))
        sink.reading("workers.age.oldest", max(workers.values()), by=parts_of(workers))
    if main_age is not None:
        sink.reading("server.age", main_age)
    if local.master is not None and not local.workers:
        lone.report(sink, proc, local.master, main_age, START_S)
        return
    if local.master is None or main_age is None:
        sink.missing("workers.restarts", Reason.ABSENT, NO_MASTER)
        return
    young = _successors(workers, main_age, window_s)
    ended = usage.ended_ages()
    has_lost = bool(set(local.workers) - set(usage.workers))
    came = set(lone.workers_of(proc, local.master)) - set(local.workers) if has_lost else ()
    replaced = len(came) + len(_successors(ended, main_age, window_s))  # who died young had replaced another
    if not workers and not replaced:
        sink.missing("workers.restarts", Reason.ABSENT, lone.ALL_GONE)
        return
    if len(workers) > 1 and len(young) == len(workers) and _spread(young) < TOGETHER_S:
        sink.missing("workers.restarts", Reason.ABSENT, RELOADED)
        return
    bias = _bias(proc, local) if young or replaced else None
    sink.reading("workers.restarts", float(len(young) + replaced), by=parts_of(young), bias=bias)


def _successors(ages: Mapping[int, float], main_age: float, window_s: float) -> dict[int, float]:
    """Return the workers that were started within the window, and not with their master."""
    return {pid: age for pid, age in ages.items() if age < window_s and main_age - age > START_S}


def _spread(ages: Mapping[int, float]) -> float:
    return max(ages.values()) - min(ages.values())


def _bias(proc: Proc, local: Local) -> str | None:
    server = None if local.master is None else server_of(proc, local.master)
    if server is None or isinstance(server, Unreadable):
        return None
    settings = settings_of(proc, server)
    limits = [settings.get(name) for name in ("max_requests", "workers_lifetime")]
    has_limit = any(isinstance(limit, Setting) and limit.value for limit in limits)
    return RECYCLED if has_limit else None
