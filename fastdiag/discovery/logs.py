"""Where the service and its queue workers log: what their output leads to, and the logs they hold open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.discovery.search import Search
from fastdiag.host.outputs import Output, OutputFile, OutputUnit, Sinkhole, outputs_of
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.log_place import LogFile, LogPlace, LogUnit
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.target import Local

MAX_PROCESSES: Final = 6
MAX_LOGS: Final = 4
"""A service that writes a log for each tenant shall not keep us busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The logs to read; where there are none of a service that was found, ``lost`` says why."""

    places: tuple[LogPlace, ...] = ()
    lost: Missing | None = None


def find_logs(search: Search, local: Local | None, queue_workers: Sequence[Local]) -> Logs:
    """Return the logs that were named, else those of the service, and after them of its queue workers."""
    settings = search.settings
    if settings.logs or "logs" not in settings.sources:
        return Logs(places=settings.logs)
    pids = [pid for one in (local, *queue_workers) if one for pid in _pids(one)][:MAX_PROCESSES]
    outputs = {pid: outputs_of(search.proc, pid) for pid in pids}
    found: dict[tuple[object, ...], tuple[LogPlace, int]] = {}
    for pid, those in outputs.items():
        for key, place in filter(None, map(_place, () if isinstance(those, Unreadable) else those)):
            found.setdefault(key, (place, pid))
    if not found:
        return Logs(lost=next((why for pid, those in outputs.items() for why in _lost(pid, those)), None))
    places = list(found.values())[:MAX_LOGS]
    search.origin["log"] = f"output of pid {', '.join(dict.fromkeys(str(pid) for _, pid in places))}"
    return Logs(places=tuple(place for place, _ in places))


def _pids(local: Local) -> tuple[int, ...]:
    """Return the master, which logs what becomes of workers, and a worker: all share one output."""
    masters = () if local.master is None else (local.master,)
    return (*masters, *local.workers[:1])


def _place(output: Output) -> tuple[tuple[object, ...], LogPlace] | None:
    """Return a log, and by what it is told from others: a file may have several names."""
    match output:
        case OutputFile(name=name, path=path, key=key):
            return key, LogFile(path=path, name=name, is_live=True)
        case OutputUnit(unit=unit, is_user=is_user):
            return (unit, is_user), LogUnit(unit=unit, is_user=is_user)
        case Sinkhole():
            return None


def _lost(pid: int, outputs: tuple[Output, ...] | Unreadable) -> Iterator[Missing]:
    """Yield why nothing can be read of what a process says."""
    if not isinstance(outputs, Unreadable):
        for one in outputs:
            yield Missing(Reason.NOT_CONFIGURED, f"the output of pid {pid} goes to {one}")
    elif outputs.reason is HostReason.DENIED:
        yield Missing(Reason.DENIED, f"where pid {pid} logs may not be looked up")
