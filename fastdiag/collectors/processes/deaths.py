"""How workers end while they are watched, told by the kernel: their masters know, but do not tell.

The same exit has several meanings. SIGABRT is gunicorn's way to end a worker whose heartbeat is older than
its timeout, and a failed assertion in C otherwise; SIGKILL is the kernel's for want of memory, gunicorn's for
a worker that survives SIGABRT, or a person's. Heartbeats and the control group's count tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from signal import SIGABRT, SIGINT, SIGKILL, SIGQUIT, SIGTERM, Signals
from typing import Final

from fastdiag.collectors.processes import lone
from fastdiag.collectors.sink import Sink
from fastdiag.host.exits import Exits
from fastdiag.host.gunicorn_heartbeat import heartbeat_files, heartbeat_of
from fastdiag.host.memory_group import group_memory
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind
from fastdiag.host.servers import server_of
from fastdiag.host.settings import Setting, settings_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

DEATHS: Final = "workers.deaths"
STOPPED: Final = frozenset({0, -SIGTERM, -SIGINT, -SIGQUIT})
"""Exit codes of workers that end because they are told to: recycled, reloaded, too many."""
SLACK_S: Final = 1.5
"""Between the last look at a heartbeat and the death: looks come twice a second, gunicorn's once."""
NO_MASTER: Final = "a single process: nobody starts it again"


class Death(StrEnum):
    """Why a worker ended, by the signal that counts it."""

    TIMEOUT = "workers.deaths.timeouts"
    MEMORY = "workers.deaths.memory"
    CRASH = "workers.deaths.crashes"
    KILLED = "workers.deaths.killed"
    PLANNED = "workers.deaths.planned"


class DeathWatch:
    """Watches the workers of a master, those too that come meanwhile. Close it when done."""

    def __init__(self, proc: Proc, local: Local) -> None:
        self._proc = proc
        self._master = local.master
        self._exits = Exits(local.workers if local.master is not None else ())
        self._children: set[int] = set(local.workers)
        self._is_gunicorn = local.kind == ServerKind.GUNICORN.value
        self._timeout_s = self._timeout() if self._is_gunicorn else None
        self._files: dict[int, Sequence[int] | Unreadable] = {}
        self._beats: dict[int, float] = {}
        self._kills = self._memory_kills()

    def sample(self) -> None:
        """Watch workers that have come, and note the heartbeats of all."""
        if self._master is None:
            return
        children = self._proc.children(self._master)
        come = set() if isinstance(children, Unreadable) else set(children) - self._children
        if come:
            self._exits.watch(come & set(lone.workers_of(self._proc, self._master)))
            self._children |= come
        if self._timeout_s:
            for pid in self._exits.living():
                self._note_heartbeat(pid)

    def _note_heartbeat(self, pid: int) -> None:
        files = self._files.get(pid)
        if files is None or isinstance(files, Unreadable):
            files = self._files[pid] = heartbeat_files(self._proc, pid)
        age_s = files if isinstance(files, Unreadable) else heartbeat_of(self._proc, pid, files)
        if not isinstance(age_s, Unreadable):
            self._beats[pid] = age_s

    def report(self, sink: Sink) -> None:
        """Write how many ended, in all and for each reason; in parts the worker and how it ended."""
        if self._master is None:
            for signal in (DEATHS, *Death):
                sink.missing(signal, Reason.ABSENT, NO_MASTER)
            return
        if self._exits.refusal:
            for signal in (DEATHS, *Death):
                sink.missing(signal, Reason.ABSENT, self._exits.refusal.detail)
            return
        ended = self._exits.ended()
        codes = {pid: code for pid, code in ended.items() if isinstance(code, int)}
        unknown = next((code for code in ended.values() if isinstance(code, Unreadable)), None)
        why = self._why(codes)
        named = [
            Part(labels=(("ended", _told(codes[pid])), ("worker", str(pid))), value=1.0) for pid in codes
        ]
        sink.reading(DEATHS, float(len(ended)), by=named)
        for kind in Death:
            if unknown:
                sink.missing(kind, Reason.ABSENT, unknown.detail)
            else:
                self._report_kind(sink, kind, {pid: codes[pid] for pid in codes if why[pid] is kind})

    def close(self) -> None:
        """Let go of the processes."""
        self._exits.close()

    def _report_kind(self, sink: Sink, kind: Death, codes: Mapping[int, int]) -> None:
        by = [
            Part(labels=(("ended", self._silence(pid, code)), ("worker", str(pid))), value=1.0)
            for pid, code in codes.items()
        ]
        sink.reading(kind, float(len(codes)), by=by)

    def _why(self, codes: Mapping[int, int]) -> Mapping[int, Death]:
        """Say why each ended. The kernel counts its kills for the whole group: the first ones get them."""
        before, after = self._kills, self._memory_kills()
        kills = 0 if before is None or after is None else max(0, after - before)
        why = {}
        for pid, code in codes.items():
            if code in STOPPED:
                why[pid] = Death.PLANNED
            elif code in {-SIGABRT, -SIGKILL} and self._was_silent(pid):
                why[pid] = Death.TIMEOUT
            elif code == -SIGKILL:
                why[pid] = Death.MEMORY if kills else Death.KILLED
                kills -= bool(kills)
            else:
                why[pid] = Death.CRASH
        return why

    def _was_silent(self, pid: int) -> bool:
        """Whether a worker had sent no heartbeat for as long as its master waits for one."""
        return self._timeout_s is not None and self._beats.get(pid, 0.0) + SLACK_S >= self._timeout_s

    def _silence(self, pid: int, code: int) -> str:
        told = _told(code)
        return f"{told} after {self._beats[pid]:.0f} s without heartbeat" if self._was_silent(pid) else told

    def _timeout(self) -> float | None:
        server = None if self._master is None else server_of(self._proc, self._master)
        if server is None or isinstance(server, Unreadable):
            return None
        setting = settings_of(self._proc, server).get("timeout")
        told = setting.value if isinstance(setting, Setting) else None
        return float(told) if isinstance(told, int | float) and told > 0 else None

    def _memory_kills(self) -> int | None:
        memory = None if self._master is None else group_memory(self._proc, self._master)
        return None if memory is None or isinstance(memory, Unreadable) else memory.oom_kills


def _told(code: int) -> str:
    """Return an exit as a person calls it: `SIGABRT`, `exit code 1`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return Signals(-code).name
    except ValueError:
        return f"signal {-code}"
