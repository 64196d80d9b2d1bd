"""Whom the programs that take jobs are connected to: their broker, and the services that their jobs call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from fastdiag.collectors.processes.peers import Peer, Peers, named_peers
from fastdiag.collectors.processes.turns import call_age_s
from fastdiag.host.proc import Proc
from fastdiag.host.proc_formats import socket_inode
from fastdiag.host.sockets import SocketSource, SocketTable, TcpSocket, TcpState, tcp_sockets
from fastdiag.host.syscalls import Act, wait_of
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Local, Target

STATES: Final = frozenset({TcpState.ESTABLISHED, TcpState.SYN_SENT, TcpState.LISTEN})
NO_CALLS: Final = frozenset({Peer.BROKER, Peer.CACHE, Peer.TELEMETRY, Peer.RESOLVER})
"""Peers for whose answer a job does not wait, or an idle worker waits as well: Redis may be the broker."""


UNSEEN: Final = "one call (which, takes the right to trace it)"


class Tie(StrEnum):
    """How a program belongs to the queues that are looked at."""

    OURS = "ours"  # connected to one of their brokers
    FOREIGN = "foreign"  # connected to another broker only
    LOOSE = "loose"  # connected to no broker at all
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for whose answer a process waits: to whom, or in which words; for how many seconds."""

    what: str
    age_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What the sockets of one program show at one moment; ``calls`` has the oldest of each process."""

    tie: Tie
    calls: Mapping[int, Call] = field(default_factory=dict)


class ContactBook:
    """Looks up the sockets of queue workers."""

    def __init__(self, proc: Proc, target: Target) -> None:
        self._proc = proc
        named = named_peers(replace(target, caches=()))
        self._brokers = frozenset(port for port, peer in named.items() if peer is Peer.BROKER)
        self._peers = Peers(proc, named)
        self._ours: SocketTable | Unreadable | None = None

    @property
    def knows_broker(self) -> bool:
        """Whether the port of a broker is known: without it, nobody can be told to be connected to it."""
        return bool(self._brokers)

    def look(self, local: Local) -> Contacts:
        """Return what the sockets of a program show now."""
        pids = (*local.workers, *((local.master,) if local.master is not None else ()))
        table = self._table(pids[-1])
        if isinstance(table, Unreadable):
            return Contacts(tie=Tie.UNKNOWN)
        owners: dict[int, int] = {}
        for pid in reversed(pids):  # what a child has inherited is its own as well
            inodes = self._proc.socket_inodes(pid)
            if isinstance(inodes, Unreadable) and inodes.reason is not inodes.reason.GONE:
                return Contacts(tie=Tie.UNKNOWN)
            owners |= {} if isinstance(inodes, Unreadable) else dict.fromkeys(inodes.values(), pid)
        rows = [row for row in table.sockets if row.inode in owners and row.state is not TcpState.LISTEN]
        kinds = {row.inode: self._peers.kind(row.remote, table.sockets) for row in rows}
        has_times = table.source is SocketSource.NETLINK
        calls = self._calls(rows, kinds, owners) if has_times and self.knows_broker else {}
        return Contacts(tie=self._tie(rows, kinds), calls=calls)

    def afresh(self) -> None:
        """Forget the table of sockets: the next look shows another moment."""
        self._ours = None

    def sleep_of(self, pid: int, call: Call | None, *, is_thread: bool) -> Call:
        """Return what the job of a process sleeps in, as a person would call it; age 0 where it is not known.

        ``call`` is the process's oldest one: the answer where the main thread does not run the job
        (``is_thread``), or may not be seen.
        """
        wait = wait_of(self._proc, pid, pid) if is_thread else None
        if wait is None or isinstance(wait, Unreadable):
            return Call(what=f"{Act.READ} {call.what}", age_s=call.age_s) if call else Call(what=UNSEEN)
        if wait.fd is None:
            return Call(what=str(wait.act))
        link = self._proc.fd_link(pid, wait.fd)
        inode = None if isinstance(link, Unreadable) else socket_inode(link)
        row = None if inode is None else self._row(pid, inode)
        if row is not None:
            act = Act.CONNECT if row.state is TcpState.SYN_SENT else wait.act
            return Call(what=f"{act} {row.remote}", age_s=call_age_s(row) or 0.0)
        name = "a socket" if inode is not None or isinstance(link, Unreadable) else link
        return Call(what=f"{wait.act} {name}")

    def _row(self, pid: int, inode: int) -> TcpSocket | None:
        table = self._table(pid)
        rows = () if isinstance(table, Unreadable) else table.sockets
        return next((row for row in rows if row.inode == inode), None)

    def _table(self, pid: int) -> SocketTable | Unreadable:
        if self._proc.shares_network(pid) is not True:
            return tcp_sockets(self._proc, pid, STATES)
        if self._ours is None:
            self._ours = tcp_sockets(self._proc, states=STATES)
        return self._ours

    def _tie(self, rows: list[TcpSocket], kinds: Mapping[int, Peer]) -> Tie:
        connected = [row for row in rows if row.state is TcpState.ESTABLISHED]
        if not self.knows_broker:
            return Tie.UNKNOWN
        if any(row.remote.port in self._brokers for row in connected):
            return Tie.OURS
        is_elsewhere = any(kinds[row.inode] in {Peer.BROKER, Peer.CACHE} for row in connected)
        return Tie.FOREIGN if is_elsewhere else Tie.LOOSE

    def _calls(
        self, rows: list[TcpSocket], kinds: Mapping[int, Peer], owners: Mapping[int, int]
    ) -> Mapping[int, Call]:
        calls: dict[int, Call] = {}
        for row in rows:
            age_s = call_age_s(row)
            pid = owners[row.inode]
            if age_s is None or kinds[row.inode] in NO_CALLS:
                continue
            if pid not in calls or age_s > calls[pid].age_s:
                calls[pid] = Call(what=str(row.remote), age_s=age_s)
        return calls
