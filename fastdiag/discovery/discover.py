"""From settings to target: what was not configured is looked for on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.config import Settings
from fastdiag.discovery.addresses import place_of
from fastdiag.discovery.background import find_background
from fastdiag.discovery.contacts import contacts_of
from fastdiag.discovery.databases import find_databases
from fastdiag.discovery.homes import Clue, Home, caches_of, homes_of
from fastdiag.discovery.logs import find_logs
from fastdiag.discovery.programs import PGBOUNCER, PROMETHEUS, listeners, neighbours, reachable
from fastdiag.discovery.search import Search
from fastdiag.discovery.server import choose_server, listening_of, ports_of
from fastdiag.host.proc import Proc
from fastdiag.host.programs import option_values, recognise
from fastdiag.host.servers import Server
from fastdiag.model.target import DISCOVERED, Local, Secret, Target

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
    search = Search(settings=settings, proc=proc or Proc(), origin=dict(settings.origin))
    server = choose_server(settings, search.proc, search.notes)
    is_apart = server is not None and search.proc.shares_network(server.main_pid) is False
    if is_apart:
        search.notes.append(APART)
    app_url = settings.app_url or (None if is_apart else _app_url(server, search))
    metrics_url = settings.metrics_url or _metrics_url(app_url, search.origin)
    homes = _homes(server, search.proc)
    around = neighbours(search.proc)
    contacts = contacts_of(server, search.proc)
    databases = find_databases(search, homes, contacts, around[PGBOUNCER])
    queue_workers, queues = find_background(search, homes, contacts)
    local = _local(server, settings, search.proc)
    logs = find_logs(search, local, queue_workers)
    target = Target(
        service=settings.service,
        prometheus=search.first(
            "prometheus", settings.prometheus, _prometheus(search.proc, around[PROMETHEUS])
        ),
        prometheus_access=settings.prometheus_access,
        selector=settings.selector,
        postgres=databases.postgres,
        pgbouncer=databases.pgbouncer,
        queues=queues,
        caches=search.all("cache", settings.caches, caches_of(homes)),
        database_endpoints=databases.endpoints,
        is_own_database=databases.is_own,
        poolers=databases.poolers,
        logs=logs.places,
        loki=settings.loki,
        loki_access=settings.loki_access,
        lost_output=logs.lost,
        app_url=app_url,
        metrics_url=metrics_url,
        local=local,
        stacks=settings.stacks,
        queue_workers=queue_workers,
        window_s=settings.window_s,
        before_s=settings.before_s,
        deadline_s=settings.deadline_s,
        slow_s=slow_s,
        at=settings.at,
    )
    return Found(_sealed(target, search, databases.dsns), search.notes)


def _sealed(target: Target, search: Search, dsns: Iterable[Secret]) -> Target:
    """Return the target with where everything came from, and every secret that must not be shown."""
    urls = [Secret(url) for url in (target.app_url, target.metrics_url) if url and "@" in url]
    known = [secret for secret in (target.pgbouncer, target.prometheus, target.loki) if secret is not None]
    secrets = (*dsns, *known, *urls, *target.queues, *target.caches, *search.settings.secrets)
    return replace(target, origin=tuple(sorted(search.origin.items())), secrets=tuple(dict.fromkeys(secrets)))


def _homes(server: Server | None, proc: Proc) -> tuple[Home, ...]:
    pid = (*server.workers, server.main_pid)[0] if server else None
    return homes_of(proc, (pid,)) if pid is not None else ()


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


def _app_url(server: Server | None, search: Search) -> str | None:
    endpoints = listening_of(server, search.proc) if server else ()
    if server is None or not endpoints:
        return None
    search.origin["app_url"] = f"{DISCOVERED} {server.main_pid}"
    program = recognise(server.cmdline)
    is_tls = bool(program and any(option_values(program.arguments or (), CERTIFICATE_FLAGS)))
    return f"{'https' if is_tls else 'http'}://{reachable(endpoints[0])}"


def _metrics_url(app_url: str | None, origin: dict[str, str]) -> str | None:
    if app_url is None:
        return None
    origin["metrics_url"] = "guessed"
    return f"{app_url.rstrip('/')}/metrics"


def _prometheus(proc: Proc, pids: Iterable[int]) -> Iterator[Clue]:
    for pid in pids:
        for endpoint in listeners(proc, pid):
            yield f"{DISCOVERED} {pid}", Secret(f"http://{reachable(endpoint)}")
