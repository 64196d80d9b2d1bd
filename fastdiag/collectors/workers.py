"""What the server was told, and what its master says of its workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.collectors import environment
from fastdiag.collectors.reasons import reason_of
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.gunicorn_control import GunicornStatus, gunicorn_status
from fastdiag.host.gunicorn_heartbeat import heartbeat_age_s
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, ServerKind, server_of
from fastdiag.host.settings import Setting, settings_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Target

SETTINGS: Final[Mapping[str, str]] = {
    "server.workers.configured": "workers",
    "server.timeout": "timeout",
    "server.graceful_timeout": "graceful_timeout",
    "server.max_requests": "max_requests",
    "server.threads": "threads",
    "server.backpressure": "backpressure",
    "server.limit_concurrency": "limit_concurrency",
    "server.keepalive": "keepalive",
    "server.backlog.configured": "backlog",
}
"""Signal -> name of the server's setting."""
ZERO_IS_NONE: Final = frozenset({"server.timeout"})
"""Settings of which 0 means that there is no limit."""
NONE_IS_ZERO: Final = frozenset({"server.max_requests"})
"""Settings that are a plan: not to have it is known, and the rules tell it from not knowing."""
CONTROL_SOCKET_S: Final = 0.5
NO_HEARTBEAT: Final = "no worker has sent its master a heartbeat yet"


def collect(target: Target, sink: Sink, proc: Proc | None = None) -> None:
    """Read the settings in force, what is installed and, where gunicorn offers it, its master's status."""
    if target.local is None:
        raise SourceSkipped("no server process was found here", hint="name one with --pid PID")
    proc = proc or Proc()
    server = server_of(proc, target.local.master or target.local.workers[0])
    if isinstance(server, Unreadable):
        raise SourceFailed(reason_of(server), server.detail)
    sink.target = f"{server.kind.value} pid {server.main_pid}"
    sink.reading("workers.count", float(len(server.workers)))
    environment.report(sink, proc, (*server.workers, server.main_pid)[0])
    status = gunicorn_status(proc, server, sink.remaining(CONTROL_SOCKET_S))
    if isinstance(status, Unreadable):
        sink.missing("workers.spawned", reason_of(status), status.detail)
        _report_heartbeat_files(sink, proc, server, status)
        _report_settings(sink, settings_of(proc, server))
    else:
        sink.requests = 3  # show stats, workers, config
        _report_status(sink, status)
        _report_settings(sink, {**settings_of(proc, server), **status.settings})


def _report_status(sink: Sink, status: GunicornStatus) -> None:
    beats = {w.pid: w.last_heartbeat_s for w in status.workers if w.last_heartbeat_s is not None}
    if beats:
        _report_heartbeats(sink, beats)
    else:
        sink.missing("workers.heartbeat", Reason.ABSENT, NO_HEARTBEAT)
    # Reloads replace every worker on purpose; what is left beyond the target are replacements of lost ones.
    planned = status.workers_wanted * (1 + status.reloads)
    recycling = status.settings.get("max_requests")
    bias = f"some by --max-requests {recycling.value}" if recycling and recycling.value else None
    sink.reading("workers.spawned", float(max(0, status.workers_spawned - planned)), bias=bias)


def _report_heartbeat_files(sink: Sink, proc: Proc, server: Server, why: Unreadable) -> None:
    """Write the heartbeats from the files that the workers hold, where the master could not be asked."""
    if server.kind is not ServerKind.GUNICORN:
        sink.missing("workers.heartbeat", reason_of(why), why.detail)
        return
    ages = {pid: heartbeat_age_s(proc, pid) for pid in server.workers}
    known = {pid: max(0.0, age) for pid, age in ages.items() if not isinstance(age, Unreadable)}
    if known:
        _report_heartbeats(sink, known)
        return
    refusal = next((age for age in ages.values() if isinstance(age, Unreadable)), why)
    sink.missing("workers.heartbeat", reason_of(refusal), f"{why.detail}; {refusal.detail}")


def _report_heartbeats(sink: Sink, ages: Mapping[int, float]) -> None:
    quietest_first = sorted(ages.items(), key=lambda item: (-item[1], item[0]))
    parts = [Part(labels=(("worker", str(pid)),), value=age) for pid, age in quietest_first]
    sink.reading("workers.heartbeat", max(ages.values()), by=parts)


def _report_settings(sink: Sink, settings: Mapping[str, Setting | Unreadable]) -> None:
    for signal, name in SETTINGS.items():
        setting = settings.get(name)
        if setting is None:
            sink.missing(signal, Reason.ABSENT, "this server has no such setting")
        elif isinstance(setting, Unreadable):
            sink.missing(signal, reason_of(setting), setting.detail)
        elif isinstance(setting.value, int | float) and (setting.value or signal not in ZERO_IS_NONE):
            sink.reading(signal, float(setting.value), by=[_origin(setting)])
        elif setting.value is None and signal in NONE_IS_ZERO:
            sink.reading(signal, 0.0, by=[_origin(setting)])
        else:
            sink.missing(signal, Reason.ABSENT, f"no limit is set ({setting.origin.value})")


def _origin(setting: Setting) -> Part:
    value = setting.value if isinstance(setting.value, int | float) else 0.0
    return Part(labels=(("set by", setting.origin.value),), value=float(value))
