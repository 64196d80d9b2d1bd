"""The TCP sockets of a network namespace, from the best source that can be read."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.host.net_tcp import read_tcp_tables
from fastdiag.host.proc import Proc
from fastdiag.host.sock_diag import dump_tcp
from fastdiag.host.tcp import Endpoint, LastData, TcpSocket, TcpState
from fastdiag.host.unreadable import Unreadable

__all__ = ["Endpoint", "LastData", "SocketSource", "SocketTable", "TcpSocket", "TcpState", "tcp_sockets"]

ALL_STATES: Final = frozenset(TcpState)
DUMP_TIMEOUT_S: Final = 2.0


class SocketSource(StrEnum):
    """Where a table comes from."""

    NETLINK = "netlink"  # with times and accept-queue limits
    PROC_NET = "/proc/net/tcp"  # without


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketTable:
    """The TCP sockets of one namespace. ``incomplete`` says why some may be missing; None when none is."""

    sockets: tuple[TcpSocket, ...]
    source: SocketSource
    incomplete: str | None = None


def tcp_sockets(
    proc: Proc,
    pid: int | None = None,
    states: Collection[TcpState] = ALL_STATES,
    timeout_s: float = DUMP_TIMEOUT_S,
) -> SocketTable | Unreadable:
    """Return the sockets in these states in the network namespace of ``pid`` (None: ours).

    Netlink answers for our own namespace only, and some sandboxes refuse it: /proc/PID/net/tcp stands in.
    """
    if proc.root == Path("/proc") and (pid is None or proc.shares_network(pid) is True):
        dump = dump_tcp(states, timeout_s)
        if not isinstance(dump, Unreadable):
            return SocketTable(sockets=dump.sockets, source=SocketSource.NETLINK, incomplete=dump.incomplete)
    sockets = read_tcp_tables(proc, pid)
    if isinstance(sockets, Unreadable):
        return sockets
    wanted = tuple(socket for socket in sockets if socket.state in states)
    return SocketTable(sockets=wanted, source=SocketSource.PROC_NET)
