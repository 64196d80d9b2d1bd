"""Requests, calls and statements in flight, from the service's TCP sockets alone.

The kernel knows for each socket when payload last came and last went (tcp_info). On a connection to the
service, data received after the last data sent is a request without an answer; on a connection from the
service, the other way round, a call without one. No instrumentation is needed, and a blocked event loop
cannot falsify it.
"""

from __future__ import annotations

import os
from typing import Final

from fastdiag.collectors.processes import traffic_report
from fastdiag.collectors.processes.peers import Peers
from fastdiag.collectors.processes.sample import Ownership, Sample, read_sample
from fastdiag.collectors.processes.traffic_report import Unseen
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.sockets import Endpoint, SocketSource, SocketTable, TcpState, tcp_sockets
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local

STATES: Final = frozenset({TcpState.LISTEN, TcpState.ESTABLISHED, TcpState.SYN_SENT, TcpState.CLOSE_WAIT})
"""The rest is on its way out; TIME_WAIT alone may be tens of thousands."""
NO_PORT = Unseen(Reason.ABSENT, "the service listens on no TCP port that is known (a Unix socket?)")
NO_TIMES = Unseen(
    Reason.ABSENT,
    "the kernel tells socket times only inside the service's network namespace; run fastdiag there",
)
DENIED = Unseen(Reason.DENIED, "sockets of another user's processes; run as that user or as root")


class TrafficWatch:
    """Samples the sockets of the service's workers."""

    def __init__(self, proc: Proc, local: Local, peers: Peers, slow_s: float) -> None:
        self._proc = proc
        self._local = local
        self._ports = frozenset(local.ports)
        self._peers = peers
        self._slow_s = slow_s
        self._samples: list[Sample] = []
        self._failure: Unreadable | None = None
        self._is_denied = False
        self._has_times = True
        self._incomplete: str | None = None
        self._ours: set[Endpoint] = set()
        self._pids = (*local.workers, *((local.master,) if local.master else ()))
        self._is_our_network = any(proc.shares_network(pid) is True for pid in self._pids)

    def sample(self) -> None:
        """Look at all sockets once."""
        workers = self._workers_of_sockets()
        table = self._table()
        if isinstance(table, Unreadable):
            self._failure = table
            return
        self._has_times &= table.source is SocketSource.NETLINK
        self._incomplete = table.incomplete or self._incomplete
        self._note_ours(table)
        ownership = Ownership(ports=self._ports, workers=workers, ours=frozenset(self._ours))
        self._samples.append(read_sample(table.sockets, ownership, self._peers))

    def workers_with_requests(self) -> frozenset[int]:
        """Return the workers that had a request in hand in any sample."""
        holders = {request.holder for sample in self._samples for request in sample.requests}
        return frozenset(int(holder) for holder in holders if holder.isdigit())

    def report(self, sink: Sink) -> None:
        """Write what the samples showed, or why nothing could be seen."""
        if self._incomplete:
            sink.problem(f"some sockets were not listed: {self._incomplete}")
        samples, slow_s = self._samples, self._slow_s
        no_table = None if samples else Unseen(Reason.ABSENT, self._why_no_table())
        no_owner = no_table or (DENIED if self._is_denied else None)
        no_port = no_table or (None if self._ports else DENIED if self._is_denied else NO_PORT)
        no_times = None if self._has_times else NO_TIMES
        traffic_report.requests(sink, samples, slow_s, unseen=no_port or no_times)
        traffic_report.backlog(sink, samples, unseen=no_port)
        traffic_report.calls(sink, samples, slow_s, unseen=no_owner or no_times)
        traffic_report.statements(sink, samples, slow_s, unseen=no_owner or no_times)
        traffic_report.connections(sink, samples, unseen=no_owner)

    def _why_no_table(self) -> str:
        return self._failure.detail if self._failure else "no sample of the sockets"

    def _table(self) -> SocketTable | Unreadable:
        """Return the sockets of the service's network namespace, by a process that still lives."""
        if self._is_our_network:
            return tcp_sockets(self._proc, states=STATES)
        alive = (pid for pid in self._pids if not isinstance(self._proc.comm(pid), Unreadable))
        return tcp_sockets(self._proc, next(alive, self._pids[0]), STATES)

    def _workers_of_sockets(self) -> dict[int, int] | None:
        """Return inode -> worker of every socket that a worker holds; None when that is denied."""
        workers: dict[int, int] = {}
        for pid in self._local.workers:
            inodes = self._proc.socket_inodes(pid)
            if not isinstance(inodes, Unreadable):
                workers |= dict.fromkeys(inodes.values(), pid)
            elif inodes.reason is HostReason.DENIED:
                self._is_denied = True
        return None if self._is_denied else workers

    def _note_ours(self, table: SocketTable) -> None:
        """Remember our own ends for the whole window: a probe that was given up may still be queued."""
        inodes = self._proc.socket_inodes(os.getpid())
        if self._is_our_network and not isinstance(inodes, Unreadable):
            held = set(inodes.values())
            self._ours |= {
                row.local for row in table.sockets if row.inode in held and row.state is not TcpState.LISTEN
            }
