"""Requests, calls and statements in flight, from the service's TCP sockets alone.

The kernel knows for each socket when payload last came and last went (tcp_info). On a connection to the
service, data received after the last data sent is a request without an answer; on a connection from the
service, the other way round, a call without one. No instrumentation is needed, and a blocked event loop
cannot falsify it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.processes.peers import Peer, Peers
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.host.sockets import LastData, SocketSource, SocketTable, TcpSocket, TcpState, tcp_sockets
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Labels, Part, Range, Reason
from fastdiag.model.target import Local

ONE_WAY_SEGMENTS: Final = 20
"""A connection that sent so much and never got a byte ships logs or metrics; nobody waits for an answer."""
MAX_PARTS: Final = 500
NO_DATABASE: Final = "no TCP connection to a known database; a Unix socket or an embedded one cannot be seen"
"""None seen is not none there: a service on SQLite has a pool, too."""


@dataclass(slots=True)
class Sample:
    """What the sockets showed at one moment. Ages in seconds."""

    requests: list[float] = field(default_factory=list)
    by_worker: Counter[str] = field(default_factory=Counter)
    calls: dict[str, list[float]] = field(default_factory=dict)
    statements: list[float] = field(default_factory=list)
    backlog: int = 0
    backlog_limit: int | None = None
    database: list[Labels] = field(default_factory=list)
    connections: Counter[tuple[str, str]] = field(default_factory=Counter)


class TrafficWatch:
    """Samples the sockets of the service's workers."""

    def __init__(self, proc: Proc, local: Local, peers: Peers, slow_s: float) -> None:
        self._proc = proc
        self._local = local
        self._ports = frozenset(local.ports)
        self._peers = peers
        self._slow_s = slow_s
        self._samples: list[Sample] = []
        self._refusal: Unreadable | None = None
        self._has_times = True
        self._incomplete: str | None = None

    def sample(self) -> None:
        """Look at all sockets once."""
        owners = self._owners()
        table = tcp_sockets(self._proc, self._local.workers[0])
        if isinstance(table, Unreadable):
            self._refusal = table
            return
        self._has_times = table.source is SocketSource.NETLINK
        self._incomplete = table.incomplete or self._incomplete
        self._samples.append(self._read(table, owners))

    def workers_with_requests(self) -> frozenset[int]:
        """Return the workers that had a request in hand in any sample."""
        names = {name for sample in self._samples for name in sample.by_worker}
        return frozenset(int(name) for name in names if name.isdigit())

    @property
    def _has_database(self) -> bool:
        return any(sample.database for sample in self._samples)

    def _owners(self) -> dict[int, int]:
        """Return inode -> worker of every socket that a worker holds."""
        owners: dict[int, int] = {}
        for pid in self._local.workers:
            inodes = self._proc.socket_inodes(pid)
            if isinstance(inodes, Unreadable):
                self._refusal = inodes if inodes.reason is HostReason.DENIED else self._refusal
            else:
                owners |= dict.fromkeys(inodes.values(), pid)
        return owners

    def _read(self, table: SocketTable, owners: dict[int, int]) -> Sample:
        sample = Sample()
        for row in table.sockets:
            if row.state is TcpState.LISTEN:
                if row.local.port in self._ports and row.inode in owners:
                    sample.backlog += row.recv_queue
                    sample.backlog_limit = row.send_queue
            elif row.local.port in self._ports:
                self._read_request(sample, row, owners)
            elif row.inode in owners:
                self._read_call(sample, row, owners[row.inode], table.sockets)
        return sample

    @staticmethod
    def _read_request(sample: Sample, row: TcpSocket, owners: dict[int, int]) -> None:
        if row.awaiting_us:
            sample.requests.append(row.last_received_s or 0.0)
            sample.by_worker[str(owners.get(row.inode, "accept queue"))] += 1

    def _read_call(self, sample: Sample, row: TcpSocket, worker: int, sockets: Sequence[TcpSocket]) -> None:
        kind = self._peers.kind(row.remote, sockets)
        sample.connections[str(worker), str(row.remote)] += 1
        if kind is Peer.DATABASE and row.state is TcpState.ESTABLISHED:
            local, remote = ("local", str(row.local)), ("remote", str(row.remote))
            sample.database.append((local, remote, ("worker", str(worker))))
        if not _is_waiting(row):
            return
        age = row.last_sent_s or 0.0
        if kind is Peer.DATABASE:
            sample.statements.append(age)
        elif kind is Peer.SERVICE:
            sample.calls.setdefault(str(row.remote), []).append(age)

    def report(self, sink: Sink) -> None:
        """Write what the samples showed, or why nothing could be seen."""
        if not self._samples or (self._refusal is not None and self._refusal.reason is HostReason.DENIED):
            self._report_unseen(sink)
            return
        if self._incomplete:
            sink.problem(f"some sockets were not listed: {self._incomplete}")
        self._report_backlog(sink)
        self._report_connections(sink)
        if self._has_times:
            self._report_requests(sink)
            self._report_calls(sink)
            self._report_statements(sink)
        else:
            why = "the kernel's socket times cannot be read from here; run fastdiag beside the service"
            for signal in TIMED_SIGNALS:
                sink.missing(signal, Reason.ABSENT, why)

    def _report_unseen(self, sink: Sink) -> None:
        denied = self._refusal is not None and self._refusal.reason is HostReason.DENIED
        detail = self._refusal.detail if self._refusal else "no sample of the sockets"
        if denied:
            detail = "sockets of another user's processes; run as that user or as root"
        for signal in SIGNALS:
            sink.missing(signal, Reason.DENIED if denied else Reason.ABSENT, detail)

    def _report_requests(self, sink: Sink) -> None:
        counts = [len(sample.requests) for sample in self._samples]
        last = self._samples[-1]
        parts = [Part(labels=(("worker", name),), value=n) for name, n in last.by_worker.most_common()]
        sink.reading("http.in_flight", _median(counts), by=parts, window=_range(counts))
        sink.reading("http.stuck", _median([self._slow(sample.requests) for sample in self._samples]))
        sink.reading("http.oldest", max(last.requests, default=0.0))

    def _report_calls(self, sink: Sink) -> None:
        waiting = [[age for ages in sample.calls.values() for age in ages] for sample in self._samples]
        stuck = [self._slow(ages) for ages in waiting]
        sink.reading("external.waiting", _median([len(ages) for ages in waiting]), by=self._by_remote(0.0))
        sink.reading("external.stuck", _median(stuck), by=self._by_remote(self._slow_s), window=_range(stuck))
        sink.reading("external.oldest", max(waiting[-1], default=0.0), by=self._oldest_by_remote())

    def _report_statements(self, sink: Sink) -> None:
        if not self._has_database:
            for signal in ("db.sockets.waiting", "db.sockets.stuck"):
                sink.missing(signal, Reason.ABSENT, NO_DATABASE)
            return
        waiting = [len(sample.statements) for sample in self._samples]
        stuck = [self._slow(sample.statements) for sample in self._samples]
        sink.reading("db.sockets.waiting", _median(waiting), window=_range(waiting))
        sink.reading("db.sockets.stuck", _median(stuck), window=_range(stuck))

    def _report_connections(self, sink: Sink) -> None:
        counts = [len(sample.database) for sample in self._samples]
        last = self._samples[-1]
        if self._has_database:
            parts = [Part(labels=labels, value=1.0) for labels in sorted(last.database)[:MAX_PARTS]]
            sink.reading("db.sockets", counts[-1], by=parts, window=_range(counts))
        else:
            sink.missing("db.sockets", Reason.ABSENT, NO_DATABASE)
        held = [
            Part(labels=(("remote", remote), ("worker", worker)), value=count)
            for (worker, remote), count in last.connections.most_common(MAX_PARTS)
        ]
        sink.reading("process.sockets", last.connections.total(), by=held)

    def _report_backlog(self, sink: Sink) -> None:
        queues = [sample.backlog for sample in self._samples]
        sink.reading("server.backlog", _median(queues), window=_range(queues))
        limit = self._samples[-1].backlog_limit
        if limit is not None:
            sink.reading("server.backlog.limit", float(limit))

    def _slow(self, ages: Iterable[float]) -> int:
        return sum(age > self._slow_s for age in ages)

    def _by_remote(self, older_than_s: float) -> list[Part]:
        """Return the median number of calls to each remote that are older, the most first."""
        remotes = {remote for sample in self._samples for remote in sample.calls}
        medians = {
            remote: _median(
                [sum(age >= older_than_s for age in sample.calls.get(remote, ())) for sample in self._samples]
            )
            for remote in remotes
        }
        ordered = sorted(medians.items(), key=lambda item: (-item[1], item[0]))[:MAX_PARTS]
        return [Part(labels=(("remote", remote),), value=count) for remote, count in ordered if count]

    def _oldest_by_remote(self) -> list[Part]:
        oldest = {remote: max(ages) for remote, ages in self._samples[-1].calls.items()}
        ordered = sorted(oldest.items(), key=lambda item: (-item[1], item[0]))[:MAX_PARTS]
        return [Part(labels=(("remote", remote),), value=age) for remote, age in ordered]


TIMED_SIGNALS: Final = (
    "http.in_flight", "http.stuck", "http.oldest",
    "external.waiting", "external.stuck", "external.oldest",
    "db.sockets.waiting", "db.sockets.stuck",
)  # fmt: skip
SIGNALS: Final = (*TIMED_SIGNALS, "db.sockets", "process.sockets", "server.backlog", "server.backlog.limit")


def _is_waiting(row: TcpSocket) -> bool:
    """Whether the service waits for the peer: for an answer, or for the connection itself."""
    if row.state is TcpState.SYN_SENT:
        return True
    one_way = row.data_segments_in == 0 and (row.data_segments_out or 0) > ONE_WAY_SEGMENTS
    return row.awaiting_peer and row.last_data is LastData.SENT and not one_way


def _median(counts: Sequence[int]) -> float:
    return float(statistics.median(counts)) if counts else 0.0


def _range(counts: Sequence[int]) -> Range:
    return Range(lowest=min(counts), highest=max(counts), samples=len(counts))
