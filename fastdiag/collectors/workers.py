"""What the server was told, and what its master says of its workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.gunicorn_control import GunicornStatus, gunicorn_status
from fastdiag.host.proc import Proc
from fastdiag.host.servers import server_of
from fastdiag.host.settings import Setting, settings_of
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Target

SETTINGS: Final[Mapping[str, str]] = {
    "server.workers.configured": "workers",
    "server.timeout": "timeout",
    "server.limit_concurrency": "limit_concurrency",
    "server.keepalive": "keepalive",
    "server.backlog.configured": "backlog",
}
"""Signal -> name of the server's setting."""
CONTROL_SOCKET_S: Final = 0.5


def collect(target: Target, sink: Sink) -> None:
    """Read the settings in force and, where gunicorn offers it, the master's own status."""
    if target.local is None:
        raise SourceSkipped("no uvicorn or gunicorn process was found here", hint="name one with --pid PID")
    proc = Proc()
    server = server_of(proc, target.local.master or target.local.workers[0])
    if isinstance(server, Unreadable):
        raise SourceFailed(_reason(server), server.detail)
    sink.target = f"{server.kind.value} pid {server.main_pid}"
    sink.reading("workers.count", float(len(server.workers)))
    status = gunicorn_status(proc, server, sink.remaining(CONTROL_SOCKET_S))
    if isinstance(status, Unreadable):
        for signal in ("workers.heartbeat", "workers.spawned"):
            sink.missing(signal, _reason(status), status.detail)
        _report_settings(sink, settings_of(proc, server))
    else:
        sink.requests = 3  # show stats, workers, config
        _report_status(sink, status)
        _report_settings(sink, {**settings_of(proc, server), **status.settings})


def _report_status(sink: Sink, status: GunicornStatus) -> None:
    beats = {w.pid: w.last_heartbeat_s for w in status.workers if w.last_heartbeat_s is not None}
    if beats:
        quietest_first = sorted(beats.items(), key=lambda item: (-item[1], item[0]))
        parts = [Part(labels=(("worker", str(pid)),), value=age) for pid, age in quietest_first]
        sink.reading("workers.heartbeat", max(beats.values()), by=parts)
    # Reloads replace every worker on purpose; what is left beyond the target are replacements of lost ones.
    planned = status.workers_wanted * (1 + status.reloads)
    recycling = status.settings.get("max_requests")
    bias = f"some by --max-requests {recycling.value}" if recycling and recycling.value else None
    sink.reading("workers.spawned", float(max(0, status.workers_spawned - planned)), bias=bias)


def _report_settings(sink: Sink, settings: Mapping[str, Setting | Unreadable]) -> None:
    for signal, name in SETTINGS.items():
        setting = settings.get(name)
        if setting is None:
            sink.missing(signal, Reason.ABSENT, "this server has no such setting")
        elif isinstance(setting, Unreadable):
            sink.missing(signal, _reason(setting), setting.detail)
        elif isinstance(setting.value, int | float):
            sink.reading(signal, float(setting.value), by=[_origin(setting)])
        else:
            sink.missing(signal, Reason.ABSENT, f"no limit is set ({setting.origin.value})")


def _origin(setting: Setting) -> Part:
    value = setting.value if isinstance(setting.value, int | float) else 0.0
    return Part(labels=(("set by", setting.origin.value),), value=float(value))


def _reason(unreadable: Unreadable) -> Reason:
    match unreadable.reason:
        case HostReason.DENIED:
            return Reason.DENIED
        case HostReason.FAILED:
            return Reason.FAILED
        case HostReason.GONE | HostReason.ABSENT:
            return Reason.ABSENT
