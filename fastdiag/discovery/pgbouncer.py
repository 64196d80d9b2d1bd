"""A PgBouncer on this machine: its own configuration says how its statistics are asked for.

A DSN is formed only where no password has to be guessed: the service's own login is among those that may
ask, PgBouncer trusts everyone, or we are the user under which it runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from fastdiag.collectors.pgbouncer import console_behind
from fastdiag.discovery.addresses import is_here
from fastdiag.discovery.contacts import Place
from fastdiag.discovery.homes import Clue, Home, pgbouncers_of
from fastdiag.discovery.poolers import Pooler
from fastdiag.discovery.search import Search
from fastdiag.model.target import Secret

CONSOLE: Final = "pgbouncer"
"""The database that answers SHOW; also the user that needs no password on a socket, for its own user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is known of how the service reaches its database.

    own       the DSN in its environment
    given     the DSN that the user gave for its database
    contacts  where its sockets lead; None where that cannot be seen
    """

    own: Clue | None
    given: Secret | None
    contacts: frozenset[Place] | None

    @property
    def dsns(self) -> tuple[Secret, ...]:
        """All that may lead through a pooler."""
        return tuple(dsn for dsn in (self.given, self.own[1] if self.own else None) if dsn is not None)


def find_pgbouncer(
    search: Search, homes: Iterable[Home], poolers: Sequence[Pooler], service: Service
) -> Secret | None:
    """Return a DSN for PgBouncer's statistics; where one runs here and none can be formed, say how to.

    Where the service is known to go elsewhere, those here are not its poolers.
    """
    between = [pooler for pooler in poolers if _stands_between(pooler, service)]
    clues = [*pgbouncers_of(homes), *_of_poolers(between, service.dsns)]
    if not between:
        clues += _by_port(service)
    found = search.first("pgbouncer", search.settings.pgbouncer, clues)
    if found is None and between and "pgbouncer" in search.settings.sources:
        search.notes.append(_proposal(between[0]))
    return found


def _proposal(pooler: Pooler) -> str:
    user = quote(pooler.users[0], safe="") if pooler.users else "USER"
    return (
        f"a PgBouncer runs here (pid {pooler.pid}), whose queue only its own console shows; a user of its"
        f" stats_users may ask it: --pgbouncer postgresql://{user}@{_place(pooler)}/{CONSOLE}"
    )


def _of_poolers(poolers: Iterable[Pooler], services: Sequence[Secret]) -> Iterator[Clue]:
    for pooler in poolers:
        through = [dsn for dsn in services if _goes_through(dsn, pooler) is not False]
        candidates = [console_dsn(pooler, dsn) for dsn in through] or [console_dsn(pooler, None)]
        dsn = next(filter(None, candidates), None)
        if dsn is not None:
            yield f"{'the configuration' if pooler.is_read else 'the port'} of pid {pooler.pid}", dsn


def _by_port(service: Service) -> list[Clue]:
    """Return the console behind a DSN with PgBouncer's port, on a machine whose PgBouncer we do not see."""
    clues = [service.own] if service.own else []
    return [(origin, dsn) for origin, own in clues if (dsn := console_behind(own))]


def _stands_between(pooler: Pooler, service: Service) -> bool:
    """Whether the service goes through a pooler here, as far as its DSN and its sockets tell."""
    if any(_goes_through(dsn, pooler) is not False for dsn in service.dsns):
        return True
    if service.contacts is not None:
        return any(port == pooler.port and is_here(host) is True for host, port in service.contacts)
    return not service.dsns


def console_dsn(pooler: Pooler, service: Secret | None) -> Secret | None:
    """Return a DSN of PgBouncer's statistics that guesses no password, or None."""
    return next(_dsns(pooler, service), None)


def _dsns(pooler: Pooler, service: Secret | None) -> Iterator[Secret]:
    if service is not None and (login := _login(pooler, service)):
        yield Secret(f"postgresql://{login}@{_place(pooler)}/{CONSOLE}")
    if pooler.socket_dir and pooler.uid == os.geteuid():
        folder = quote(pooler.socket_dir, safe="")
        yield Secret(f"postgresql://{CONSOLE}@/{CONSOLE}?host={folder}&port={pooler.port}")
    if pooler.is_open and pooler.host and pooler.users:
        yield Secret(f"postgresql://{quote(pooler.users[0], safe='')}@{_place(pooler)}/{CONSOLE}")


def _login(pooler: Pooler, service: Secret) -> str | None:
    """Return user and password of the service if it may ask; where nobody knows, PgBouncer will say so.

    Anybody may start what is called `pgbouncer`, with a configuration that names any place: a password does
    not leave this machine for it. A pooler that we know by its port alone gets one only where the service
    surely sends it there itself.
    """
    parts = _parts(service)
    if parts is None or not parts.username or not pooler.host or is_here(pooler.host) is not True:
        return None
    is_known = pooler.is_read or _goes_through(service, pooler) is True
    return parts.netloc.rpartition("@")[0] if is_known and pooler.may_ask(unquote(parts.username)) else None


def _goes_through(service: Secret, pooler: Pooler) -> bool | None:
    """Whether a DSN leads to this PgBouncer; None for one that we cannot take apart: it may."""
    parts = _parts(service)
    if parts is None or not parts.hostname:
        return None
    try:
        return parts.port == pooler.port and is_here(parts.hostname) is True
    except ValueError:  # no port, or several
        return None


def _parts(dsn: Secret) -> SplitResult | None:
    try:
        return urlsplit(dsn.reveal())
    except ValueError:
        return None


def _place(pooler: Pooler) -> str:
    host = pooler.host or "127.0.0.1"
    return f"{f'[{host}]' if ':' in host else host}:{pooler.port}"
