"""The environments of the service's processes: where services keep the addresses of what they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.addresses import (
    CACHE_VARIABLES,
    QUEUE_SCHEMES,
    QUEUE_VARIABLES,
    REDIS_SCHEMES,
    SHARED_VARIABLES,
    urls_in,
)
from fastdiag.discovery.addresses import endpoints_of, is_here
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret

DATABASE_VARIABLES: Final = (
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRES_DSN",
    "SQLALCHEMY_DATABASE_URL",
    "DB_URL",
)
PGBOUNCER_VARIABLES: Final = ("PGBOUNCER_URL",)

Clue = tuple[str, Secret]
"""Where an address was found ("DATABASE_URL of pid 41"), and the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The environment of one process; it holds secrets and does not print.

    ``is_apart``: it has a network of its own, in which `localhost` is another machine than ours: a password
    for it must not be sent to whoever is here.
    """

    pid: int
    environ: Mapping[str, str] = field(repr=False)
    is_apart: bool

    def may_ask(self, host: str | None) -> bool:
        """Whether a host that this process names is the same machine for us."""
        return not self.is_apart or (host is not None and is_here(host) is not True)

    def origin(self, variable: str) -> str:
        """Return how the place is told to a person."""
        return f"{variable} of pid {self.pid}"


def homes_of(proc: Proc, pids: Iterable[int]) -> tuple[Home, ...]:
    """Return the environments that may be read: our own user's, or all of them for root."""
    homes = []
    for pid in pids:
        environ = proc.environ(pid)
        if not isinstance(environ, Unreadable):
            is_apart = proc.shares_network(pid) is False
            homes.append(Home(pid=pid, environ=environ, is_apart=is_apart))
    return tuple(homes)


def database_of(homes: Iterable[Home]) -> Clue | None:
    """Return the PostgreSQL DSN of the service itself."""
    return next(_dsns(homes, DATABASE_VARIABLES), None)


def pgbouncers_of(homes: Iterable[Home]) -> Iterator[Clue]:
    """Yield DSNs that are expressly PgBouncer's."""
    return _dsns(homes, PGBOUNCER_VARIABLES)


def brokers_of(homes: Iterable[Home]) -> Iterator[Clue]:
    """Yield the URLs of what is named a broker."""
    for home in homes:
        yield from _urls(home, QUEUE_VARIABLES, QUEUE_SCHEMES)


def caches_of(homes: Iterable[Home]) -> Iterator[Clue]:
    """Yield the URLs of Redis servers that are no brokers by their name."""
    for home in homes:
        yield from _urls(home, CACHE_VARIABLES, REDIS_SCHEMES)


def shared_of(homes: Iterable[Home]) -> Iterator[Clue]:
    """Yield the URLs of Redis servers that may be broker and cache in one."""
    for home in homes:
        yield from _urls(home, SHARED_VARIABLES, REDIS_SCHEMES)


def _dsns(homes: Iterable[Home], variables: tuple[str, ...]) -> Iterator[Clue]:
    for home in homes:
        for variable in variables:
            dsn = Secret(home.environ.get(variable, ""))
            if not dsn.reveal().startswith("postgres"):
                continue
            hosts = [host for host, _ in endpoints_of([dsn])]
            if home.may_ask(hosts[0] if hosts else None):
                yield home.origin(variable), dsn


def _urls(home: Home, variables: tuple[str, ...], schemes: tuple[str, ...]) -> Iterator[Clue]:
    for variable, url in urls_in(home.environ, variables, schemes):
        if home.may_ask(_host(url)):
            yield home.origin(variable), Secret(url)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
