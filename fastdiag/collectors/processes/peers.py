"""Who is at the other end of the service's connections: its database, a broker or cache, another service."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from fastdiag.host.proc import Proc
from fastdiag.host.sockets import Endpoint, TcpSocket, TcpState
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret, Target


class Peer(StrEnum):
    """The kinds of peers that are told apart."""

    DATABASE = "database"
    CACHE = "cache"
    BROKER = "broker"  # holds connections open and answers when it likes
    RESOLVER = "resolver"
    TELEMETRY = "telemetry"  # takes logs, metrics and traces; no request waits for it
    SERVICE = "service"


DATABASE_PORTS: Final = frozenset({5432, 6432, 3306, 1433, 1521, 27017})
"""PostgreSQL, PgBouncer, MySQL, SQL Server, Oracle, MongoDB (registered ports)."""
CACHE_PORTS: Final = frozenset({6379, 6380, 11211})
"""Redis and memcached. Redis may be a broker as well: its idle subscriptions have to be told apart."""
BROKER_PORTS: Final = frozenset({5671, 5672, 9092, 4222, 1883, 8883})
"""AMQP, Kafka, NATS, MQTT: an idle subscription is no slow answer."""
RESOLVER_PORTS: Final = frozenset({53, 853})
TELEMETRY_PORTS: Final = frozenset({514, 601, 6514, 2003, 2004, 4317, 5044, 5140, 12201, 24224})
"""syslog (plain, RFC 6587, TLS), Graphite, OTLP over gRPC, Beats, GELF, Fluentd: as their agents listen."""
POOLERS: Final = frozenset({"pgbouncer", "odyssey", "pgcat"})
POOLER_PORT: Final = 6432
"""PgBouncer's, also of other poolers."""
PROGRAMS: Final[Mapping[str, Peer]] = {
    "postgres": Peer.DATABASE,
    **dict.fromkeys(POOLERS, Peer.DATABASE),
    "mysqld": Peer.DATABASE,
    "mariadbd": Peer.DATABASE,
    "redis-server": Peer.CACHE,
    "valkey-server": Peer.CACHE,
    "memcached": Peer.CACHE,
    "rabbitmq-server": Peer.BROKER,
}
DEFAULT_PORTS: Final = {"redis": 6379, "rediss": 6379, "memcached": 11211, "amqp": 5672, "amqps": 5671}
WEB_SCHEMES: Final = frozenset({"http", "https"})
"""Of a monitor or management API: the service does not talk to it, and others listen on such ports."""
_REGISTERED: Final[Mapping[int, Peer]] = {
    **dict.fromkeys(DATABASE_PORTS, Peer.DATABASE),
    **dict.fromkeys(CACHE_PORTS, Peer.CACHE),
    **dict.fromkeys(BROKER_PORTS, Peer.BROKER),
    **dict.fromkeys(RESOLVER_PORTS, Peer.RESOLVER),
    **dict.fromkeys(TELEMETRY_PORTS, Peer.TELEMETRY),
}


def named_peers(target: Target) -> Mapping[int, Peer]:
    """Return port -> kind of what the user or the service's environment names.

    A Redis that serves as broker and as cache alike counts as a cache.
    """
    urls = [(Peer.BROKER, url) for url in target.queues] + [(Peer.CACHE, url) for url in target.caches]
    named = {port: peer for peer, url in urls if (port := _port_of(url))}
    return named | dict.fromkeys((port for _, port in target.database_endpoints), Peer.DATABASE)


def _port_of(url: Secret) -> int | None:
    try:
        parts = urlsplit(url.reveal())
        if parts.scheme in WEB_SCHEMES:
            return None
        return parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None


class Peers:
    """Tells the kind of a remote endpoint: told by the user, by its registered port, or by who listens.

    Of a database, cache or broker that the user named, the port decides: the name in a DSN need not be the
    address that a socket shows. Who listens is known for servers on this machine.
    """

    def __init__(self, proc: Proc, named: Mapping[int, Peer]) -> None:
        self._proc = proc
        self._named = named
        self._hosts_here: frozenset[str] = frozenset()
        self._listeners: Mapping[int, tuple[str, int]] | None = None

    def kind(self, remote: Endpoint, sockets: Sequence[TcpSocket]) -> Peer:
        """Return who is at a remote endpoint; ``sockets`` is the whole table, for local listeners."""
        known = self._named.get(remote.port) or _REGISTERED.get(remote.port)
        if known:
            return known
        listener = self._listener(remote, sockets)
        return PROGRAMS[listener[0]] if listener else Peer.SERVICE

    def is_pooler(self, remote: Endpoint, sockets: Sequence[TcpSocket]) -> bool | None:
        """Whether a database's endpoint is that of a pooler; None where what listens there is not seen."""
        listener = self._listener(remote, sockets)
        if listener is not None:
            return listener[0] in POOLERS
        return True if remote.port == POOLER_PORT else None

    def server(self, remote: Endpoint, sockets: Sequence[TcpSocket]) -> int | None:
        """Return the main process of a server at an endpoint of this machine; None: a pooler, or unseen."""
        listener = self._listener(remote, sockets)
        return listener[1] if listener is not None and listener[0] not in POOLERS else None

    def _listener(self, remote: Endpoint, sockets: Sequence[TcpSocket]) -> tuple[str, int] | None:
        """Return which known program (and its process) listens at an endpoint of this machine.

        None: none, or it is unseen.
        """
        if self._listeners is None:
            self._hosts_here = frozenset(row.local.host for row in sockets)
            self._listeners = dict(self._find_listeners(sockets))
        is_here = remote.is_loopback or remote.host in self._hosts_here
        return self._listeners.get(remote.port) if is_here else None

    def _find_listeners(self, sockets: Iterable[TcpSocket]) -> Iterator[tuple[int, tuple[str, int]]]:
        listening = [row for row in sockets if row.state is TcpState.LISTEN]
        found = self._proc.scan(PROGRAMS.__contains__)
        if isinstance(found, Unreadable):
            return
        for pid, program in found.items():
            stat = self._proc.stat(pid)
            if not isinstance(stat, Unreadable) and stat.parent_pid in found:
                continue  # a backend: hundreds of them may hold the same listeners as their parent
            for port in self._ports_of(pid, listening):
                yield port, (program, pid)

    def _ports_of(self, pid: int, listening: Iterable[TcpSocket]) -> Iterable[int]:
        """Return the ports on which a process listens: by its descriptors, else by its user.

        A database or broker has a user of its own, and any user may see whose a listening socket is.
        """
        inodes = self._proc.socket_inodes(pid)
        if not isinstance(inodes, Unreadable):
            held = set(inodes.values())
            return [row.local.port for row in listening if row.inode in held]
        status = self._proc.status(pid)
        if isinstance(status, Unreadable) or status.uid in {0, os.geteuid()}:
            return []
        return [row.local.port for row in listening if row.uid == status.uid]
