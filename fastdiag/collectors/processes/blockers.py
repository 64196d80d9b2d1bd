"""What a blocked event loop waits for: the peer behind the socket of its system call, a sleep, a lock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from fastdiag.collectors.processes.peers import Peer, Peers
from fastdiag.collectors.sink import Sink
from fastdiag.host.net_tcp import read_udp_tables
from fastdiag.host.proc import Proc
from fastdiag.host.proc_formats import socket_inode
from fastdiag.host.sockets import TcpSocket, TcpState, tcp_sockets
from fastdiag.host.syscalls import Act, wait_of
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason
from fastdiag.model.target import Local

BLOCKED_ON: Final = "loop.blocked.on"
LOOKUP_CPU_S: Final = 0.1
"""For looking sockets up, in all: a client that connects anew for each call shows another one each time, and
the table of a machine with 16,000 sockets takes 24 ms."""
OPEN: Final = frozenset({TcpState.ESTABLISHED, TcpState.SYN_SENT, TcpState.CLOSE_WAIT})
MAX_PARTS: Final = 10
MAX_PATH_CHARS: Final = 60
UNIX_INODE: Final = 6
"""Field of /proc/PID/net/unix."""
UNSEEN: Final = "a socket that was closed again before its peer was seen"
TOO_SHORT: Final = "calls that end while they are looked at"
VEILED: Final = "what the event loop waits for takes the right to trace the service; run as root"
WORDS: Final[Mapping[Peer, str]] = {
    Peer.DATABASE: "the database {}",
    Peer.CACHE: "the cache {}",
    Peer.BROKER: "the broker {}",
    Peer.RESOLVER: "the name server {}",
    Peer.TELEMETRY: "the collector of logs or metrics {}",
    Peer.SERVICE: "{}",
}


class Blockers:
    """Notes for each worker what its event loop was blocked in, whenever it was seen blocked."""

    def __init__(self, proc: Proc, local: Local, peers: Peers) -> None:
        self._proc = proc
        self._peers = peers
        self._ports = frozenset(local.ports)
        self._seen: dict[int, Counter[str]] = {pid: Counter() for pid in local.workers}
        self._sockets: dict[int, tuple[str, bool]] = {}
        self._spent_s = 0.0
        self._refusal: Unreadable | None = None

    def note(self, pid: int) -> None:
        """Look at what the main thread of a worker, which sleeps outside of its poll, sleeps in."""
        wait = wait_of(self._proc, pid, pid)
        if isinstance(wait, Unreadable):
            self._refusal = wait
        elif wait is None:
            self._seen[pid][TOO_SHORT] += 1
        elif wait.fd is None:
            self._seen[pid][str(wait.act)] += 1
        else:
            self._seen[pid][self._phrase(pid, wait.act, wait.fd)] += 1

    def report(self, sink: Sink, samples: Mapping[int, int], *, bias: str | None) -> None:
        """Write the share of the most frequent one; ``samples`` are those of each worker that still lives."""
        shares = [
            (count / total, what, pid, total)
            for pid, total in samples.items()
            for what, count in self._seen[pid].items()
        ]
        if not shares and self._refusal:
            is_denied = self._refusal.reason is HostReason.DENIED
            why = VEILED if is_denied else self._refusal.detail
            sink.missing(BLOCKED_ON, Reason.DENIED if is_denied else Reason.ABSENT, why)
            return
        shares.sort(key=lambda share: (-share[0], share[1:]))
        by = [
            Part(labels=(("peer", what), ("worker", str(pid))), value=share, count=float(total))
            for share, what, pid, total in shares[:MAX_PARTS]
        ]
        sink.reading(BLOCKED_ON, shares[0][0] if shares else 0.0, by=by, bias=bias)

    def _phrase(self, pid: int, act: Act, fd: int) -> str:
        """Return what is done to a descriptor, as a person would call it."""
        link = self._proc.fd_link(pid, fd)
        if isinstance(link, Unreadable):
            return f"{act} {UNSEEN}"
        inode = socket_inode(link)
        if inode is None:
            return f"{act} {_plain(link)}"
        if inode not in self._sockets and self._spent_s < LOOKUP_CPU_S:
            before = time.thread_time()
            self._sockets[inode] = self._look_up(pid, inode)
            self._spent_s += time.thread_time() - before
        name, is_connecting = self._sockets.get(inode, (UNSEEN, False))
        return f"{Act.CONNECT if is_connecting else act} {name}"

    def _look_up(self, pid: int, inode: int) -> tuple[str, bool]:
        """Return the peer of a socket, and whether it is not connected yet.

        TCP and UDP have the peer's address; a Unix socket does not tell its peer.
        """
        table = tcp_sockets(self._proc, pid, OPEN)
        streams = () if isinstance(table, Unreadable) else table.sockets
        row = next((row for row in streams if row.inode == inode), None)
        if row is None:
            datagrams = read_udp_tables(self._proc, pid)
            rows = () if isinstance(datagrams, Unreadable) else datagrams
            row = next((row for row in rows if row.inode == inode), None)
        if row is not None:
            return self._named(row, streams), row.state is TcpState.SYN_SENT
        local = self._proc.net(pid, "unix")
        lines = [] if isinstance(local, Unreadable) else local.splitlines()
        is_local = any(line.split()[UNIX_INODE : UNIX_INODE + 1] == [str(inode)] for line in lines)
        return "a Unix socket" if is_local else UNSEEN, False

    def _named(self, row: TcpSocket, sockets: Sequence[TcpSocket]) -> str:
        if row.local.port in self._ports:
            return "a client"
        if row.remote.port in self._ports and (row.remote.is_loopback or row.remote.host == row.local.host):
            return f"the service itself, {row.remote}"
        return WORDS[self._peers.kind(row.remote, sockets)].format(row.remote)


def _plain(link: str) -> str:
    """Return the name of what is no socket."""
    if link.startswith("pipe:"):
        return "a pipe"
    if link.startswith("/"):
        return link if len(link) <= MAX_PATH_CHARS else f"...{link[-MAX_PATH_CHARS:]}"
    return "a descriptor of the kernel"
