"""Prometheus and PgBouncer on this machine, and where they listen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.sockets import Endpoint, TcpState, tcp_sockets
from fastdiag.host.unreadable import Unreadable

PROMETHEUS: Final = "prometheus"
PGBOUNCER: Final = "pgbouncer"


def neighbours(proc: Proc) -> dict[str, tuple[int, ...]]:
    """Return the pids of Prometheus and PgBouncer in our own network, by program; one look at each process.

    The port of one in a container is not reachable under its number.
    """
    found = proc.scan({PROMETHEUS, PGBOUNCER}.__contains__)
    seen = {} if isinstance(found, Unreadable) else found
    return {
        program: tuple(
            pid for pid in sorted(seen) if seen[pid] == program and proc.shares_network(pid) is True
        )
        for program in (PROMETHEUS, PGBOUNCER)
    }


def listeners(proc: Proc, pid: int) -> Iterator[Endpoint]:
    """Yield where a process listens, as far as its descriptors may be seen."""
    inodes, table = proc.socket_inodes(pid), tcp_sockets(proc, pid, {TcpState.LISTEN})
    if isinstance(inodes, Unreadable) or isinstance(table, Unreadable):
        return
    held = set(inodes.values())
    yield from (row.local for row in table.sockets if row.inode in held)


def reachable(endpoint: Endpoint) -> str:
    """Return `host:port` under which a listener of this machine can be reached."""
    return f"127.0.0.1:{endpoint.port}" if endpoint.is_wildcard else str(endpoint)
