"""Finding what nobody configured: local servers, their ports, metrics pages, databases and Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config import Settings
from fastdiag.errors import ConfigError
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, find_servers, server_of
from fastdiag.host.sockets import Endpoint, TcpState, tcp_sockets
from fastdiag.host.unreadable import Reason, Unreadable
from fastdiag.model.target import DISCOVERED, Local, Secret, Target

DATABASE_VARIABLES: Final = (
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRES_DSN",
    "SQLALCHEMY_DATABASE_URL",
    "DB_URL",
)
DEFAULT_POSTGRES_PORT: Final = 5432


@dataclass(slots=True)
class Found:
    """The target, what was guessed on the way to it, and what a person should know of that."""

    target: Target
    notes: list[str] = field(default_factory=list)


def discover(settings: Settings, *, slow_s: float, proc: Proc | None = None) -> Found:
    """Complete the settings with what this machine shows. Takes tens of milliseconds; reads only.

    Raises:
        ConfigError: ``--pid`` names a process that is not there or cannot be a server.

    """
    proc = proc or Proc()
    notes: list[str] = []
    server = _choose_server(settings, proc, notes)
    origin = dict(settings.origin)
    app_url = settings.app_url or _app_url(server, origin)
    metrics_url = settings.metrics_url or _metrics_url(app_url, origin)
    postgres, environ_dsn = _postgres(settings, server, proc, origin)
    prometheus = settings.prometheus or _local_prometheus(proc, origin)
    target = Target(
        service=settings.service,
        prometheus=prometheus,
        selector=settings.selector,
        postgres=postgres,
        database_endpoints=tuple(_endpoints(dsn for dsn in (postgres, environ_dsn) if dsn)),
        app_url=app_url,
        metrics_url=metrics_url,
        local=_local(server, settings),
        window_s=settings.window_s,
        before_s=settings.before_s,
        deadline_s=settings.deadline_s,
        slow_s=slow_s,
        origin=tuple(sorted(origin.items())),
        secrets=tuple(secret for secret in (postgres, environ_dsn, prometheus) if secret),
    )
    return Found(target, notes)


def _choose_server(settings: Settings, proc: Proc, notes: list[str]) -> Server | None:
    if settings.pid is not None:
        return _named_server(settings.pid, proc)
    found = find_servers(proc)
    if isinstance(found, Unreadable):
        notes.append(f"no process table: {found.detail}")
        return None
    if not found and proc.hides_processes():
        notes.append(
            "this machine hides other users' processes (hidepid): run as the service's user or as root"
        )
    candidates = [server for server in found if _fits(server, settings)] or list(found)
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    chosen = _busiest(candidates, proc)
    others = ", ".join(
        f"{_name(server)} (--pid {server.main_pid})" for server in candidates if server != chosen
    )
    notes.append(f"several servers run here; this is {_name(chosen)}, the busiest. Others: {others}")
    return chosen


def _named_server(pid: int, proc: Proc) -> Server | None:
    server = server_of(proc, pid)
    if not isinstance(server, Unreadable):
        return server
    if server.reason is Reason.ABSENT and not proc.root.exists():
        return None  # no /proc on this platform: psutil still answers for the pid
    raise ConfigError(f"--pid {pid}: {server.detail}", hint="name the server's master or one of its workers")


def _fits(server: Server, settings: Settings) -> bool:
    """Whether a server matches what the user said of the service: its URL's port or its name."""
    port = urlsplit(settings.app_url).port if settings.app_url else None
    if port is not None:
        return port in {endpoint.port for endpoint in _listening(server)}
    return bool(settings.service) and (settings.service or "") in (server.app or "")


def _busiest(servers: Sequence[Server], proc: Proc) -> Server:
    """Return the server with the most connections; the oldest pid among equals."""
    table = tcp_sockets(proc)
    rows = () if isinstance(table, Unreadable) else table.sockets
    ports = [row.local.port for row in rows if row.state is TcpState.ESTABLISHED]
    return max(servers, key=lambda s: (sum(ports.count(e.port) for e in _listening(s)), -s.main_pid))


def _name(server: Server) -> str:
    ports = ", ".join(str(endpoint.port) for endpoint in _listening(server))
    return f"{server.kind.value} {server.app or ''}".rstrip() + (f" on port {ports}" if ports else "")


def _listening(server: Server) -> tuple[Endpoint, ...]:
    return () if isinstance(server.listening, Unreadable) else server.listening


def _local(server: Server | None, settings: Settings) -> Local | None:
    if server is None:
        if settings.pid is None:
            return None
        port = urlsplit(settings.app_url).port if settings.app_url else None
        return Local(
            kind="process", app=None, master=None, workers=(settings.pid,), ports=(port,) if port else ()
        )
    return Local(
        kind=server.kind.value,
        app=server.app,
        master=server.master_pid,
        workers=server.workers,
        ports=tuple(sorted({endpoint.port for endpoint in _listening(server)})),
    )


def _app_url(server: Server | None, origin: dict[str, str]) -> str | None:
    endpoints = _listening(server) if server else ()
    if server is None or not endpoints:
        return None
    endpoint = endpoints[0]
    host = "127.0.0.1" if endpoint.is_wildcard else str(endpoint).rsplit(":", 1)[0]
    origin["app_url"] = f"{DISCOVERED} {server.main_pid}"
    return f"http://{host}:{endpoint.port}"


def _metrics_url(app_url: str | None, origin: dict[str, str]) -> str | None:
    if app_url is None:
        return None
    origin["metrics_url"] = "guessed"
    return f"{app_url.rstrip('/')}/metrics"


def _postgres(
    settings: Settings, server: Server | None, proc: Proc, origin: dict[str, str]
) -> tuple[Secret | None, Secret | None]:
    """Return the DSN to use, and the service's own where its environment can be read."""
    environ = proc.environ(server.workers[0]) if server and server.workers else {}
    own = None if isinstance(environ, Unreadable) else _service_dsn(environ)
    if settings.postgres is None and own is not None and server is not None:
        origin["postgres"] = f"{own[0]} of pid {server.workers[0]}"
    own_secret = Secret(own[1]) if own else None
    return settings.postgres or own_secret, own_secret


def _service_dsn(environ: Mapping[str, str]) -> tuple[str, str] | None:
    for variable in DATABASE_VARIABLES:
        dsn = environ.get(variable, "")
        if dsn.startswith("postgres"):
            return variable, dsn
    return None


def _endpoints(dsns: Iterable[Secret]) -> Iterable[tuple[str, int]]:
    """Yield host and port of each URL-like DSN: they tell database sockets from others."""
    for dsn in dict.fromkeys(dsns):
        try:
            parts = urlsplit(dsn.reveal())
            if parts.hostname:
                yield parts.hostname, parts.port or DEFAULT_POSTGRES_PORT
        except ValueError:  # key=value form, several hosts: sockets are then told by port or listener
            continue


def _local_prometheus(proc: Proc, origin: dict[str, str]) -> Secret | None:
    pids = proc.scan(lambda comm: comm == "prometheus")
    if isinstance(pids, Unreadable):
        return None
    for pid in sorted(pids):
        inodes, table = proc.socket_inodes(pid), tcp_sockets(proc, pid)
        if isinstance(inodes, Unreadable) or isinstance(table, Unreadable):
            continue
        held = set(inodes.values())
        for row in table.sockets:
            if row.state is TcpState.LISTEN and row.inode in held:
                origin["prometheus"] = f"{DISCOVERED} {pid}"
                return Secret(f"http://127.0.0.1:{row.local.port}")
    return None
