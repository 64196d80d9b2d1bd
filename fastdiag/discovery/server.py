"""Which of the servers on this machine is meant, and where it listens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from fastdiag.config import Settings
from fastdiag.discovery.addresses import is_here, place_of
from fastdiag.discovery.naming import goes_by
from fastdiag.errors import ConfigError
from fastdiag.host.proc import Proc
from fastdiag.host.programs import option_values, recognise
from fastdiag.host.servers import Server, find_servers, server_of
from fastdiag.host.sockets import Endpoint, TcpState, tcp_sockets
from fastdiag.host.unreadable import Reason, Unreadable

DEFAULT_SERVER_PORT: Final = 8000
"""Of all servers that are recognised."""
_MAX_NAMED: Final = 5
"""A machine may run dozens: `--pid` takes any of them, named here or not."""


def choose_server(settings: Settings, proc: Proc, notes: list[str]) -> Server | None:
    """Return the server that the settings mean, else the busiest; notes for the user go to ``notes``.

    Raises ConfigError for a pid that is no server's.
    """
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
    candidates = _candidates(settings, found, proc, notes)
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    chosen = _busiest(candidates, proc)
    others = [f"{_name(server, proc)} (--pid {server.main_pid})" for server in candidates if server != chosen]
    named = ", ".join(others[:_MAX_NAMED])
    more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
    notes.append(
        f"several servers run here; this is {_name(chosen, proc)}, the busiest. Others: {named}{more}"
    )
    return chosen


def _named_server(pid: int, proc: Proc) -> Server | None:
    server = server_of(proc, pid)
    if not isinstance(server, Unreadable):
        return server
    if server.reason is Reason.ABSENT and not proc.root.exists():
        if _exists(pid):
            return None  # no /proc on this platform: psutil still answers for the pid
        server = Unreadable(reason=Reason.GONE, detail="")
    detail = "no such process" if server.reason is Reason.GONE else server.detail
    raise ConfigError(f"--pid {pid}: {detail}", hint="name the server's master or one of its workers")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _candidates(
    settings: Settings, found: Sequence[Server], proc: Proc, notes: list[str]
) -> Sequence[Server]:
    """Return the servers that fit what the user said of the service: its URL, else its name."""
    if settings.app_url is None:
        return _named(settings.service, found, proc, notes)
    host, port = place_of(settings.app_url)
    here = is_here(host)
    fitting = [s for s in found if port in ports_of(s, proc)] if here is not False else []
    if fitting or not found:
        return fitting
    if here:
        notes.append(f"no server is seen to listen on port {port}; is it behind a proxy? --pid names it")
        return found
    notes.append(
        f"the servers that run here do not seem to be behind {host}:{port}; if one is, name it: --pid"
    )
    return ()


def _named(service: str | None, found: Sequence[Server], proc: Proc, notes: list[str]) -> Sequence[Server]:
    """Return the servers that go by a name; where none does all of them, and say so."""
    fitting = [server for server in found if service and goes_by(service, server, proc)]
    if fitting or not found or service is None:
        return fitting or found
    notes.append(
        f"no server on this machine goes by the name {service!r}; what runs here may be another service"
        " (--pid names the right one, --skip processes --skip workers leaves them out)"
    )
    return found


def _busiest(servers: Sequence[Server], proc: Proc) -> Server:
    """Return the server with the most connections; the oldest pid among equals."""
    table = tcp_sockets(proc)
    rows = () if isinstance(table, Unreadable) else table.sockets
    ports = [row.local.port for row in rows if row.state is TcpState.ESTABLISHED]
    return max(servers, key=lambda s: (sum(map(ports.count, ports_of(s, proc))), -s.main_pid))


def _name(server: Server, proc: Proc) -> str:
    ports = ", ".join(map(str, ports_of(server, proc)))
    return f"{server.kind.value} {server.app or ''}".rstrip() + (f" on port {ports}" if ports else "")


def ports_of(server: Server, proc: Proc) -> tuple[int, ...]:
    """Return the TCP ports on which a server listens."""
    return tuple(sorted({endpoint.port for endpoint in listening_of(server, proc)}))


def listening_of(server: Server, proc: Proc) -> tuple[Endpoint, ...]:
    """Return where a server listens, the address that its command line names first.

    Another user's descriptors cannot be read, but its command line can, and so can whose a listener is.
    """
    named = _named_port(server)
    if not isinstance(server.listening, Unreadable):
        return tuple(sorted(server.listening, key=lambda endpoint: endpoint.port != named))
    table = tcp_sockets(proc, server.main_pid, {TcpState.LISTEN})
    status = proc.status(server.main_pid)
    if isinstance(table, Unreadable) or isinstance(status, Unreadable):
        return ()
    rows = (row for row in table.sockets if row.local.port == named and row.uid == status.uid)
    return tuple(dict.fromkeys(row.local for row in rows))


def _named_port(server: Server) -> int | None:
    """Return the TCP port that the command line asks for; None for a Unix socket or what it does not say."""
    program = recognise(server.cmdline)
    if program is None or program.arguments is None:
        return None
    ports = list(option_values(program.arguments, ("--port",)))
    binds = list(option_values(program.arguments, ("-b", "--bind")))
    text = ports[-1] if ports else binds[-1].rpartition(":")[2] if binds else str(DEFAULT_SERVER_PORT)
    return int(text) if text.isdecimal() else None
