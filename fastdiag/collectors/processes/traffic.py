"""Requests, calls and statements in flight, from the service's TCP sockets alone.

The kernel knows for each socket when payload last came and last went (tcp_info). On a connection to the
service, data received after the last data sent is a request without an answer; on a connection from the
service, the other way round, a call without one. No instrumentation is needed, and a blocked event loop
cannot falsify it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from fastdiag.collectors.processes import answers, connections_report, silence, traffic_report
from fastdiag.collectors.processes.figures import Unseen
from fastdiag.collectors.processes.peers import RESOLVER_PORTS, Peers
from fastdiag.collectors.processes.sample import Ownership, Sample, read_sample
from fastdiag.collectors.sink import Sink
from fastdiag.host.net_tcp import read_udp_tables
from fastdiag.host.packages import has_loaded
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind
from fastdiag.host.sockets import Endpoint, SocketSource, SocketTable, TcpState, tcp_sockets
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local

DRIVERS: Final = ("asyncpg/protocol", "psycopg_binary", "psycopg_c", "psycopg2")
"""Folders of compiled modules; psycopg without one of them uses libpq by ctypes, and is not noticed."""
POSTGRES_SOCKET: Final = "/.s.PGSQL."
STATES: Final = frozenset({TcpState.LISTEN, TcpState.ESTABLISHED, TcpState.SYN_SENT, TcpState.CLOSE_WAIT})
"""The rest is on its way out; TIME_WAIT alone may be tens of thousands."""
NO_PORT = Unseen(Reason.ABSENT, "the service listens on no TCP port that is known (a Unix socket?)")
NO_TIMES = Unseen(
    Reason.ABSENT,
    "the kernel tells socket times only inside the service's network namespace; run fastdiag there",
)
EAGER: Final = "granian takes connections in threads of its own, so that an empty accept queue tells nothing"
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
        self._no_datagrams: Unseen | None = None
        self._is_denied = False
        self._has_times = True
        self._incomplete: str | None = None
        self._ours: set[Endpoint] = set()
        self._pids: tuple[int, ...] = (*local.workers, *((local.master,) if local.master else ()))
        self._is_our_network = any(proc.shares_network(pid) is True for pid in self._pids)

    def sample(self) -> bool:
        """Look at all sockets once; return whether they could be seen."""
        workers = self._workers_of_sockets()
        table = self._table()
        if isinstance(table, Unreadable):
            self._failure = table
            return False
        self._has_times &= table.source is SocketSource.NETLINK
        self._incomplete = table.incomplete or self._incomplete
        self._note_ours(table)
        ownership = Ownership(ports=self._ports, workers=workers, ours=frozenset(self._ours))
        sample = read_sample(table.sockets, ownership, self._peers)
        sample.is_resolving |= self._has_open_query(workers or {})
        self._samples.append(sample)
        return True

    @property
    def samples(self) -> Sequence[Sample]:
        """What was seen so far."""
        return self._samples

    def why_no_requests(self) -> Unseen | None:
        """Return why the requests in hand cannot be told; None when they can."""
        no_table = None if self._samples else Unseen(Reason.ABSENT, self._why_no_table())
        no_port = None if self._ports else DENIED if self._is_denied else NO_PORT
        return no_table or no_port or (None if self._has_times else NO_TIMES)

    def why_no_calls(self) -> Unseen | None:
        """Return why the calls that wait for an answer cannot be told; None when they can."""
        return self.why_no_owner() or (None if self._has_times else NO_TIMES)

    def workers_with_requests(self) -> frozenset[int]:
        """Return the workers that had a request in hand in any sample."""
        holders = {request.holder for sample in self._samples for request in sample.requests}
        return frozenset(int(holder) for holder in holders if holder.isdigit())

    def report(self, sink: Sink) -> None:
        """Write what the samples showed, or why nothing could be seen."""
        if self._incomplete:
            sink.problem(f"some sockets were not listed: {self._incomplete}")
        samples, slow_s = self._samples, self._slow_s
        no_requests, no_calls, no_owner = self.why_no_requests(), self.why_no_calls(), self.why_no_owner()
        traffic_report.requests(sink, samples, slow_s, unseen=no_requests)
        answers.report(sink, samples, unseen=no_requests)
        eager = EAGER if self._local.kind == ServerKind.GRANIAN.value else None
        no_queue = None if no_requests is NO_TIMES else no_requests
        traffic_report.backlog(sink, samples, eager=eager, unseen=no_queue)
        traffic_report.calls(sink, samples, slow_s, unseen=no_calls)
        traffic_report.statements(sink, samples, slow_s, unseen=no_calls)
        traffic_report.connections(sink, samples, none_is_none=self._lives_on_tcp(), unseen=no_owner)
        silence.report(sink, samples, unseen=no_calls)
        connections_report.commands(sink, samples, unseen=no_calls)
        connections_report.states(sink, samples, unseen=no_owner)
        connections_report.pooled(sink, samples, unseen=no_owner)
        connections_report.brokers(sink, samples, unseen=no_owner)
        connections_report.lookups(sink, samples, unseen=no_owner or self._no_datagrams)

    def _lives_on_tcp(self) -> bool:
        """Whether a worker has loaded a driver of PostgreSQL, and there is no Unix socket of a server."""
        for pid in self._local.workers:
            if any(has_loaded(self._proc, pid, driver) for driver in DRIVERS):
                table = self._proc.net(pid, "unix")
                return not isinstance(table, Unreadable) and POSTGRES_SOCKET not in table
        return False

    def why_no_owner(self) -> Unseen | None:
        """Return why the service's own connections cannot be told; None when they can."""
        no_table = None if self._samples else Unseen(Reason.ABSENT, self._why_no_table())
        return no_table or (DENIED if self._is_denied else None)

    def _has_open_query(self, workers: Mapping[int, int]) -> bool:
        """Whether a worker has a datagram socket to a name server open: it does while it waits for one."""
        if not workers:
            return False
        table = read_udp_tables(self._proc, None if self._is_our_network else self._living())
        if isinstance(table, Unreadable):
            self._no_datagrams = Unseen(Reason.ABSENT, f"the UDP sockets cannot be read: {table.detail}")
            return False
        return any(row.remote.port in RESOLVER_PORTS and row.inode in workers for row in table)

    def _why_no_table(self) -> str:
        return self._failure.detail if self._failure else "no sample of the sockets"

    def _table(self) -> SocketTable | Unreadable:
        """Return the sockets of the service's network namespace, by a process that still lives."""
        if self._is_our_network:
            return tcp_sockets(self._proc, states=STATES)
        return tcp_sockets(self._proc, self._living(), STATES)

    def _living(self) -> int:
        alive = [pid for pid in self._pids if not isinstance(self._proc.comm(pid), Unreadable)]
        return (*alive, *self._pids)[0]

    def _workers_of_sockets(self) -> dict[int, int] | None:
        """Return inode -> worker of every socket that a worker holds; None when that is denied."""
        workers: dict[int, int] = {}
        for pid in self._local.workers or self._master_and_children():
            inodes = self._proc.socket_inodes(pid)
            if not isinstance(inodes, Unreadable):
                workers |= dict.fromkeys(inodes.values(), pid)
            elif inodes.reason is HostReason.DENIED:
                self._is_denied = True
        return None if self._is_denied else workers

    def _master_and_children(self) -> tuple[int, ...]:
        """Return who holds the listener of a master that had no workers, and whom it has started since."""
        lists = (self._proc.children(pid) for pid in self._pids)
        return (*self._pids, *(pid for pids in lists if not isinstance(pids, Unreadable) for pid in pids))

    def _note_ours(self, table: SocketTable) -> None:
        """Remember our own ends for the whole window: a probe that was given up may still be queued."""
        inodes = self._proc.socket_inodes(os.getpid())
        if self._is_our_network and not isinstance(inodes, Unreadable):
            held = set(inodes.values())
            self._ours |= {
                row.local for row in table.sockets if row.inode in held and row.state is not TcpState.LISTEN
            }
