"""What the service is in touch with: where its sockets lead, and what its environment names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastdiag.discovery.addresses import DEFAULT_POSTGRES_PORT, is_here
from fastdiag.discovery.homes import Home
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server
from fastdiag.host.sockets import TcpState, tcp_sockets
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret

Place = tuple[str, int]
"""Host and port; every name of this machine's own loopback is LOOPBACK."""

LOOPBACK: Final = "127.0.0.1"
STATES: Final = frozenset({TcpState.ESTABLISHED, TcpState.SYN_SENT, TcpState.CLOSE_WAIT})
"""In touch, trying to be, and left by the other side (a server that has gone down leaves these)."""
PAIRS: Final = (("PGHOST", "PGPORT"), ("POSTGRES_HOST", "POSTGRES_PORT"), ("DB_HOST", "DB_PORT"))
"""Variables in which a service keeps a database's address when it keeps no URL."""
_HOST: Final = re.compile(r"\[?([^\]]*?)\]?(?::(\d*))?")
_KEYWORDS: Final = re.compile(r"(?:^|\s)(host|hostaddr|port)\s*=\s*'?([^'\s]*)")


def contacts_of(server: Server | None, proc: Proc) -> frozenset[Place] | None:
    """Return where the sockets of a server's processes lead; None where that cannot be seen.

    What a process in a network of its own calls localhost is not this machine's, and left out.
    """
    if server is None:
        return None
    table = tcp_sockets(proc, server.main_pid, STATES)
    if isinstance(table, Unreadable):
        return None
    held: set[int] = set()
    for pid in dict.fromkeys((*server.workers, server.main_pid)):
        inodes = proc.socket_inodes(pid)
        if isinstance(inodes, Unreadable):
            return None
        held.update(inodes.values())
    is_apart = proc.shares_network(server.main_pid) is False
    remotes = (row.remote for row in table.sockets if row.inode in held)
    return frozenset(
        (_plain(remote.host), remote.port) for remote in remotes if not (is_apart and remote.is_loopback)
    )


def is_own(dsn: Secret, homes: Iterable[Home], contacts: Iterable[Place] | None) -> bool:
    """Whether the service is known to use the server that a DSN names.

    Where the DSN has a name for a host, a socket to the same port is taken for the same server.
    """
    places = set(places_of(dsn))
    if places & {place for home in homes for place in _named_by(home)}:
        return True
    ports = {port for host, port in places if is_here(host) is None}
    return any(place in places or place[1] in ports for place in contacts or ())


def places_of(dsn: Secret, environ: Mapping[str, str] = os.environ) -> Iterator[Place]:
    """Yield host and port of every server in a DSN, a URL or `key=value` pairs; none of a Unix socket.

    ``environ`` is that of the process whose DSN it is.
    """
    text = dsn.reveal()
    if "://" in text:
        hosts, ports = _in_url(text)
    else:
        found = {key: value.split(",") for key, value in _KEYWORDS.findall(text)}
        hosts, ports = found.get("hostaddr") or found.get("host") or [], found.get("port") or []
    if not hosts:  # libpq, too, then takes them from these
        hosts, ports = environ.get("PGHOST", "").split(","), environ.get("PGPORT", "").split(",")
    yield from _paired(hosts, ports)


def _in_url(text: str) -> tuple[list[str], list[str]]:
    try:
        parts = urlsplit(text)
    except ValueError:
        return [], []
    written = parts.netloc.rpartition("@")[2].split(",")
    found = [one for host in written if host and (one := _HOST.fullmatch(host))]
    if found:
        return [one[1] for one in found], [one[2] or "" for one in found]
    asked = {key: value.split(",") for key, value in parse_qsl(parts.query)}
    return asked.get("hostaddr") or asked.get("host") or [], asked.get("port") or []


def _paired(hosts: Sequence[str], ports: Sequence[str]) -> Iterator[Place]:
    every = ports if len(ports) == len(hosts) else [*ports[:1]] * len(hosts)
    for host, port in zip(hosts, every or [""] * len(hosts), strict=True):
        if host and not host.startswith("/"):
            yield _plain(host), int(port) if port.isdecimal() else DEFAULT_POSTGRES_PORT


def _named_by(home: Home) -> Iterator[Place]:
    """Yield the places of databases that an environment names, if they are the same place for us."""
    texts = [value for value in home.environ.values() if value.startswith("postgres") and "://" in value]
    for host, port in PAIRS:
        if home.environ.get(host):
            texts.append(f"host={home.environ[host]} port={home.environ.get(port, '')}")
    for text in texts:
        yield from (place for place in places_of(Secret(text), home.environ) if home.may_ask(place[0]))


def _plain(host: str) -> str:
    return LOOPBACK if host in {"localhost", "::1"} or host.startswith("127.") else host.lower()
