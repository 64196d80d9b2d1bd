"""What the sockets of the service show at one moment: requests, calls, statements, the accept queue."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.processes.peers import Peer, Peers
from fastdiag.collectors.processes.turns import (
    call_age_s,
    is_patient,
    is_stream,
    is_unclear,
    may_be_stream,
    request_age_s,
    silent_s,
    was_answered,
)
from fastdiag.host.sockets import Endpoint, TcpSocket, TcpState
from fastdiag.model.signal import Labels

ACCEPT_QUEUE: Final = "accept queue"
UNKNOWN_OWNER: Final = "unknown"
CLIENTS: Final = "clients of the service"
ACCEPTABLE: Final = frozenset({TcpState.ESTABLISHED, TcpState.CLOSE_WAIT})
"""States of a connection that waits to be accepted; in the second the client has given up already."""
MAX_IDLE_TALKERS: Final = 2
"""A WebSocket or HTTP/2 client keeps one connection, seldom two, to one remote in each process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request in hand: the worker that has it (or the accept queue), and its age in seconds.

    ``may_be_stream``: or it is a WebSocket that has just begun.
    """

    holder: str
    age_s: float
    may_be_stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that waits for another service, a cache or a database.

    ``is_first``: nothing ever came back on its connection.
    """

    worker: int
    remote: str
    age_s: float
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a client's connection has carried since it began: bytes that the client got, segments it sent."""

    bytes_out: int
    segments_in: int


@dataclass(slots=True, kw_only=True)
class Sample:
    """What the sockets showed. Ages in seconds.

    ``streams`` counts the connections to the service that carry no requests any more (WebSockets).
    ``unclear`` are the ages of connections that have a request in hand or none, nobody can tell which.
    ``commands`` wait for a cache and ``statements`` for the database; ``database`` names its connections and
    ``caches`` counts the cache's. ``connections`` counts those that the workers opened, by worker and remote
    endpoint; ``services`` those established to other services, ``connecting`` those not established yet, and
    ``half_closed`` those that the peer has closed and the service has not, its clients' among them;
    ``brokers`` those established to brokers, and ``poolers`` the database's, by whether a pooler is there;
    ``servers`` are the main processes of the databases that run on this machine.
    ``is_resolving``: a socket to a name server is open.
    ``listeners`` are the service's listening sockets: address, connections in the accept queue, its limit;
    ``backlog`` is their sum without our own.
    ``at`` is when it was taken (monotonic); ``moved`` when data last came or went on each connection to the
    database, by worker and local end, and ``at_work`` those on which a statement is under way; ``patient``
    counts each worker's clients who may have been served for longer than requests take; ``carried`` is what
    each connection to the service has carried so far, by its remote end.
    """

    at: float = 0.0
    moved: dict[tuple[int, str], float] = field(default_factory=dict)
    at_work: set[tuple[int, str]] = field(default_factory=set)
    patient: Counter[int] = field(default_factory=Counter)
    carried: dict[str, Carried] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    streams: int = 0
    unclear: list[float] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    commands: list[Call] = field(default_factory=list)
    statements: list[Call] = field(default_factory=list)
    caches: int = 0
    services: Counter[str] = field(default_factory=Counter)
    connecting: Counter[str] = field(default_factory=Counter)
    half_closed: Counter[str] = field(default_factory=Counter)
    is_resolving: bool = False
    backlog: int = 0
    listeners: list[tuple[str, int, int | None]] = field(default_factory=list)
    database: list[Labels] = field(default_factory=list)
    poolers: Counter[tuple[str, bool | None]] = field(default_factory=Counter)
    servers: set[int] = field(default_factory=set)
    brokers: Counter[str] = field(default_factory=Counter)
    connections: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Whose sockets are whose.

    ``workers``: inode -> worker of every socket that a worker holds; None when that may not be seen.
    ``ours``: our own ends of connections, to the service among others: what we ask must not be counted.
    """

    ports: frozenset[int]
    workers: Mapping[int, int] | None
    ours: frozenset[Endpoint]


def read_sample(sockets: Sequence[TcpSocket], ownership: Ownership, peers: Peers) -> Sample:
    """Sort the sockets of one table into what they mean for the service."""
    sample = Sample(at=time.monotonic())
    workers = ownership.workers
    for row in sockets:
        is_served = row.local.port in ownership.ports
        if row.state is TcpState.LISTEN:
            if is_served and (workers is None or row.inode in workers):
                sample.listeners.append((str(row.local), row.recv_queue, row.send_queue))
                sample.backlog += row.recv_queue
        elif is_served:
            _read_request(sample, row, ownership)
        elif workers and row.inode in workers:
            kind = peers.kind(row.remote, sockets)
            _read_call(sample, row, workers[row.inode], kind)
            if kind is Peer.DATABASE and row.state is TcpState.ESTABLISHED:
                sample.poolers[str(row.remote), peers.is_pooler(row.remote, sockets)] += 1
                if (server := peers.server(row.remote, sockets)) is not None:
                    sample.servers.add(server)
    sample.backlog = max(0, sample.backlog)
    _doubt_young_streams(sample)
    sample.calls = _without_idle_talkers(sample, sample.calls)
    sample.commands = _without_idle_talkers(sample, sample.commands)
    return sample


def _read_request(sample: Sample, row: TcpSocket, ownership: Ownership) -> None:
    """Note a connection to the service, unless it is our own or belongs to another program.

    A connection that waits to be accepted belongs to no process yet: its inode is 0.
    """
    if row.remote in ownership.ours:
        sample.backlog -= row.inode == 0 and row.state in ACCEPTABLE
        return
    holder = _holder(row, ownership.workers)
    if holder is None:
        return
    if row.state is TcpState.CLOSE_WAIT and holder != ACCEPT_QUEUE:
        sample.half_closed[CLIENTS] += 1
    if holder.isdigit() and is_patient(row):
        sample.patient[int(holder)] += 1
    age_s = request_age_s(row)
    sample.streams += is_stream(row)
    if row.bytes_acknowledged is not None and row.data_segments_in is not None and not is_stream(row):
        carried = Carried(bytes_out=row.bytes_acknowledged, segments_in=row.data_segments_in)
        sample.carried[str(row.remote)] = carried
    if age_s is not None:
        sample.requests.append(Request(holder=holder, age_s=age_s, may_be_stream=may_be_stream(row)))
    elif is_unclear(row):
        sample.unclear.append(row.last_received_s or 0.0)


def _doubt_young_streams(sample: Sample) -> None:
    """Where some connections are WebSockets, do not count what looks like one that has just begun."""
    if sample.streams:
        sample.unclear += [request.age_s for request in sample.requests if request.may_be_stream]
        sample.requests = [request for request in sample.requests if not request.may_be_stream]


def _holder(row: TcpSocket, workers: Mapping[int, int] | None) -> str | None:
    if row.inode == 0:
        return ACCEPT_QUEUE
    if workers is None:
        return UNKNOWN_OWNER
    return str(workers[row.inode]) if row.inode in workers else None


def _read_call(sample: Sample, row: TcpSocket, worker: int, kind: Peer) -> None:
    remote = str(row.remote)
    sample.connections[str(worker), remote] += 1
    _note_state(sample, row, kind)
    if kind is Peer.DATABASE and row.state is TcpState.ESTABLISHED:
        sample.database.append((("local", str(row.local)), ("remote", remote), ("worker", str(worker))))
        sample.moved[worker, str(row.local)] = sample.at - silent_s(row)
        if row.awaiting_peer or row.recv_queue:
            sample.at_work.add((worker, str(row.local)))
    age_s = call_age_s(row)
    waiting = {
        Peer.DATABASE: sample.statements,
        Peer.CACHE: sample.commands,
        Peer.SERVICE: sample.calls,
    }.get(kind)
    if age_s is not None and waiting is not None:
        waiting.append(Call(worker=worker, remote=remote, age_s=age_s, is_first=not was_answered(row)))


def _note_state(sample: Sample, row: TcpSocket, kind: Peer) -> None:
    remote = str(row.remote)
    match row.state:
        case TcpState.SYN_SENT:
            sample.connecting[remote] += 1
        case TcpState.CLOSE_WAIT:
            sample.half_closed[remote] += 1
        case TcpState.ESTABLISHED if kind is Peer.SERVICE:
            sample.services[remote] += 1
        case TcpState.ESTABLISHED if kind is Peer.BROKER:
            sample.brokers[remote] += 1
        case _:
            pass
    sample.caches += kind is Peer.CACHE
    sample.is_resolving |= kind is Peer.RESOLVER


def _without_idle_talkers(sample: Sample, calls: Sequence[Call]) -> list[Call]:
    """Drop what is no call: idle connections on which we happened to speak last (a pong, a heartbeat).

    A call serves a request, which is older. One that is older than every request of its worker serves none:
    either the client has given up and the call goes on, as it does in dozens when a dependency hangs, or
    the connection is idle, and a process has no more than two of those to one remote.
    """
    if sample.unclear:
        return list(calls)  # the request behind a call may be among these
    oldest: dict[str, float] = {}
    for request in sample.requests:
        oldest[request.holder] = max(request.age_s, oldest.get(request.holder, 0.0))

    def serves_none(call: Call) -> bool:
        return not call.is_first and call.age_s > oldest.get(str(call.worker), 0.0)

    idle = Counter((call.worker, call.remote) for call in calls if serves_none(call))
    return [
        call for call in calls if not serves_none(call) or idle[call.worker, call.remote] > MAX_IDLE_TALKERS
    ]
