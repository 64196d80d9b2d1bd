"""The address of a Redis server as clients write it: a URL of redis-py, Celery, RQ, arq or Dramatiq."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret

TCP_SCHEMES: Final = {"redis": False, "rediss": True, "redis+tls": True}
"""Scheme -> whether it means TLS."""
UNIX_SCHEMES: Final = frozenset({"unix", "redis+socket", "redis+unix"})
SCHEMES: Final = frozenset({*TCP_SCHEMES, *UNIX_SCHEMES})
DEFAULT_PORT: Final = 6379
LOOPBACKS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_UNVERIFIED: Final = frozenset({"none", "cert_none", "optional", "cert_optional"})
HINT: Final = "write it like redis://:PASSWORD@HOST:6379/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a Redis server is and how to enter.

    path         of a Unix socket; then host and port mean nothing
    is_verified  whether the server's certificate must be trusted here; what the application itself asks for
    queues       names of queues that whoever gave the URL wants looked at (`?queues=a,b` or `#queues=a,b`)
    """

    host: str = "localhost"
    port: int = DEFAULT_PORT
    path: str | None = None
    is_tls: bool = False
    is_verified: bool = True
    ca_file: str | None = None
    user: str | None = None
    password: Secret | None = None
    database: int = 0
    queues: tuple[str, ...] = ()

    @property
    def server(self) -> tuple[str, int]:
        """Which server it is, by whatever name of this machine it is called."""
        return (self.path, 0) if self.path is not None else (one_name(self.host), self.port)

    @property
    def shown(self) -> str:
        """The address without its credentials."""
        database = f"/{self.database}" if self.database else ""
        if self.path is not None:
            return f"unix://{self.path}{f'?db={self.database}' if self.database else ''}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.is_tls else 'redis'}://{host}:{self.port}{database}"


def parse_address(url: Secret) -> Address:
    """Take a URL apart. Raises SourceFailed, without quoting it: it may hold a password."""
    try:
        parts = urlsplit(url.reveal())
        return _address(parts)
    except ValueError as error:
        raise SourceFailed(Reason.FAILED, "the URL of the Redis server is none", hint=HINT) from error


def one_name(host: str) -> str:
    """Return the same name for all that this machine's loopback goes by."""
    return "localhost" if host in LOOPBACKS else host.lower()


def distinct(urls: Iterable[Secret], place_of: Callable[[Secret], Hashable]) -> list[Secret]:
    """Return one URL of each place, in their order: programs spell one server in several ways.

    Of several URLs it is the first with a login. Those of which ``place_of`` raises SourceFailed are kept.
    """
    found: dict[Hashable, Secret] = {}
    for url in urls:
        try:
            place = place_of(url)
        except SourceFailed:
            place = url
        if place not in found or ("@" in url.reveal() and "@" not in found[place].reveal()):
            found[place] = url
    return list(found.values())


def _address(parts: SplitResult) -> Address:
    options = {**_options(parts.fragment), **_options(parts.query)}
    path = unquote(parts.path) if parts.scheme in UNIX_SCHEMES else None
    number = options.get("db") or options.get("virtual_host") or ("" if path else parts.path.strip("/"))
    if parts.scheme not in SCHEMES or path == "":
        raise ValueError
    return Address(
        host=unquote(parts.hostname or "localhost"),
        port=parts.port or DEFAULT_PORT,
        path=path,
        is_tls=TCP_SCHEMES.get(parts.scheme, False),
        is_verified=options.get("ssl_cert_reqs", "").lower() not in _UNVERIFIED,
        ca_file=options.get("ssl_ca_certs"),
        user=unquote(parts.username) if parts.username else options.get("username"),
        password=_password(parts, options),
        database=_database(number),
        queues=tuple(name for name in options.get("queues", "").split(",") if name),
    )


def _options(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


def _password(parts: SplitResult, options: dict[str, str]) -> Secret | None:
    word = unquote(parts.password) if parts.password else options.get("password")
    return Secret(word) if word else None


def _database(number: str) -> int:
    database = int(number or 0)
    if database < 0:
        raise ValueError
    return database
