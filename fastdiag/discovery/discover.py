"""From settings to target: what was not configured is looked for on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.config import Settings
from fastdiag.discovery.addresses import endpoints_of, is_here, place_of
from fastdiag.discovery.server import choose_server, listening_of, ports_of
from fastdiag.host.proc import Proc
from fastdiag.host.programs import option_values, recognise
from fastdiag.host.servers import Server
from fastdiag.host.sockets import Endpoint, TcpState, tcp_sockets
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import DISCOVERED, Local, Secret, Target

DATABASE_VARIABLES: Final = (
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRES_DSN",
    "SQLALCHEMY_DATABASE_URL",
    "DB_URL",
)
CERTIFICATE_FLAGS: Final = ("--ssl-certfile", "--ssl-certificate", "--certfile")
APART: Final = (
    "the service has a network of its own (a container): its ports and localhost are not those of this"
    " machine; give --app-url and --postgres as seen from here"
)


@dataclass(slots=True)
class Found:
    """The target, what was guessed on the way to it, and what a person should know of that."""

    target: Target
    notes: list[str] = field(default_factory=list)


def discover(settings: Settings, *, slow_s: float, proc: Proc | None = None) -> Found:
    """Complete the settings with what this machine shows. Takes tens of milliseconds; reads only.

    Raises:
        ConfigError: ``--pid`` names a process that is not there or cannot be a server; a URL is none.

    """
    proc = proc or Proc()
    notes: list[str] = []
    server = choose_server(settings, proc, notes)
    origin = dict(settings.origin)
    is_apart = server is not None and proc.shares_network(server.main_pid) is False
    if is_apart:
        notes.append(APART)
    app_url = settings.app_url or (None if is_apart else _app_url(server, proc, origin))
    metrics_url = settings.metrics_url or _metrics_url(app_url, origin)
    own_dsn = _service_dsn(server, proc, is_apart=is_apart)
    if settings.postgres is None and own_dsn is not None:
        origin["postgres"] = own_dsn[0]
    postgres = settings.postgres or (own_dsn[1] if own_dsn else None)
    prometheus = settings.prometheus or _local_prometheus(proc, origin)
    dsns = [dsn for dsn in (postgres, own_dsn[1] if own_dsn else None) if dsn]
    urls = [Secret(url) for url in (app_url, metrics_url) if url and "@" in url]
    target = Target(
        service=settings.service,
        prometheus=prometheus,
        selector=settings.selector,
        postgres=postgres,
        database_endpoints=tuple(endpoints_of(dsns)),
        app_url=app_url,
        metrics_url=metrics_url,
        local=_local(server, settings, proc),
        window_s=settings.window_s,
        before_s=settings.before_s,
        deadline_s=settings.deadline_s,
        slow_s=slow_s,
        origin=tuple(sorted(origin.items())),
        secrets=tuple(dict.fromkeys((*dsns, *urls, *([prometheus] if prometheus else [])))),
    )
    return Found(target, notes)


def _local(server: Server | None, settings: Settings, proc: Proc) -> Local | None:
    if server is not None:
        return Local(
            kind=server.kind.value,
            app=server.app,
            master=server.master_pid,
            workers=server.workers,
            ports=ports_of(server, proc),
        )
    if settings.pid is None:
        return None
    ports = (place_of(settings.app_url)[1],) if settings.app_url else ()
    return Local(kind="process", app=None, master=None, workers=(settings.pid,), ports=ports)


def _app_url(server: Server | None, proc: Proc, origin: dict[str, str]) -> str | None:
    endpoints = listening_of(server, proc) if server else ()
    if server is None or not endpoints:
        return None
    origin["app_url"] = f"{DISCOVERED} {server.main_pid}"
    program = recognise(server.cmdline)
    is_tls = bool(program and any(option_values(program.arguments or (), CERTIFICATE_FLAGS)))
    return f"{'https' if is_tls else 'http'}://{_reachable(endpoints[0])}"


def _reachable(endpoint: Endpoint) -> str:
    """Return `host:port` under which a listener of this machine can be reached."""
    return f"127.0.0.1:{endpoint.port}" if endpoint.is_wildcard else str(endpoint)


def _metrics_url(app_url: str | None, origin: dict[str, str]) -> str | None:
    if app_url is None:
        return None
    origin["metrics_url"] = "guessed"
    return f"{app_url.rstrip('/')}/metrics"


def _service_dsn(server: Server | None, proc: Proc, *, is_apart: bool) -> tuple[str, Secret] | None:
    """Return the PostgreSQL DSN in the service's own environment, after the name of its place.

    In another network `localhost` is another machine: its password must not be sent to whoever is here.
    """
    pid = (*server.workers, server.main_pid)[0] if server else None
    environ = proc.environ(pid) if pid is not None else {}
    if isinstance(environ, Unreadable):
        return None
    for variable in DATABASE_VARIABLES:
        dsn = Secret(environ.get(variable, ""))
        if dsn.reveal().startswith("postgres"):
            hosts = [host for host, _ in endpoints_of([dsn])]
            is_elsewhere = bool(hosts) and is_here(hosts[0]) is not True
            return (f"{variable} of pid {pid}", dsn) if is_elsewhere or not is_apart else None
    return None


def _local_prometheus(proc: Proc, origin: dict[str, str]) -> Secret | None:
    pids = proc.scan(lambda comm: comm == "prometheus")
    for pid in sorted(pids) if isinstance(pids, Mapping) else ():
        if proc.shares_network(pid) is not True:
            continue  # a container's: its port is not reachable under that number
        inodes, table = proc.socket_inodes(pid), tcp_sockets(proc, pid, {TcpState.LISTEN})
        if isinstance(inodes, Unreadable) or isinstance(table, Unreadable):
            continue
        held = set(inodes.values())
        for row in table.sockets:
            if row.inode in held:
                origin["prometheus"] = f"{DISCOVERED} {pid}"
                return Secret(f"http://{_reachable(row.local)}")
    return None
