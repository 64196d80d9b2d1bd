"""Who is at the other end of the service's connections: its database, a broker or cache, another service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.sockets import Endpoint, TcpSocket, TcpState
from fastdiag.host.unreadable import Unreadable


class Peer(StrEnum):
    """The kinds of peers that are told apart."""

    DATABASE = "database"
    BROKER = "broker"  # broker or cache: holds connections open and answers when it likes
    SERVICE = "service"


DATABASE_PORTS: Final = frozenset({5432, 6432, 3306, 1433, 1521, 27017})
"""PostgreSQL, PgBouncer, MySQL, SQL Server, Oracle, MongoDB (registered ports)."""
BROKER_PORTS: Final = frozenset({6379, 6380, 5671, 5672, 9092, 4222, 11211})
"""Redis, AMQP, Kafka, NATS, memcached: a blocking pop or an idle subscription is no slow answer."""
PROGRAMS: Final[Mapping[str, Peer]] = {
    "postgres": Peer.DATABASE,
    "pgbouncer": Peer.DATABASE,
    "mysqld": Peer.DATABASE,
    "mariadbd": Peer.DATABASE,
    "redis-server": Peer.BROKER,
    "valkey-server": Peer.BROKER,
    "rabbitmq-server": Peer.BROKER,
}


class Peers:
    """Tells the kind of a remote endpoint: told by the user, by its registered port, or by who listens.

    The last works for servers on this machine whose descriptors may be read.
    """

    def __init__(self, proc: Proc, databases: Iterable[tuple[str, int]]) -> None:
        self._proc = proc
        self._databases = frozenset(databases)
        self._database_ports_here = frozenset(port for host, port in databases if host in {"localhost", ""})
        self._listeners: dict[int, Peer] | None = None

    def kind(self, remote: Endpoint, sockets: Iterable[TcpSocket]) -> Peer:
        """Return who is at a remote endpoint; ``sockets`` is the whole table, for local listeners."""
        if (remote.host, remote.port) in self._databases or remote.port in DATABASE_PORTS:
            return Peer.DATABASE
        if remote.is_loopback and remote.port in self._database_ports_here:
            return Peer.DATABASE
        if remote.port in BROKER_PORTS:
            return Peer.BROKER
        if self._listeners is None:
            self._listeners = self._find_listeners(sockets)
        return self._listeners.get(remote.port, Peer.SERVICE)

    def _find_listeners(self, sockets: Iterable[TcpSocket]) -> dict[int, Peer]:
        ports = {row.inode: row.local.port for row in sockets if row.state is TcpState.LISTEN}
        found = self._proc.scan(PROGRAMS.__contains__)
        if isinstance(found, Unreadable):
            return {}
        listeners: dict[int, Peer] = {}
        for pid, program in found.items():
            inodes = self._proc.socket_inodes(pid)
            if not isinstance(inodes, Unreadable):
                listeners |= {ports[inode]: PROGRAMS[program] for inode in inodes.values() if inode in ports}
        return listeners
