"""Hosts and ports: taken from URLs, and whether a host is this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from fastdiag.errors import ConfigError
from fastdiag.model.target import Secret

DEFAULT_POSTGRES_PORT: Final = 5432
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def place_of(url: str) -> tuple[str, int]:
    """Return host and port of a URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        host = port = None
    if not host or port is None:
        raise ConfigError("--app-url is no URL", hint="write it like http://127.0.0.1:8000")
    return host, port


def is_here(host: str) -> bool | None:
    """Whether a host is this machine. None: a name that only the name service knows, which is not asked."""
    if host in {"localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - of IP
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        try:
            datagrams.bind((host, 0))  # the kernel lets nobody bind an address that is not its own
        except OSError:
            return False
    return True


def endpoints_of(dsns: Iterable[Secret]) -> Iterator[tuple[str, int]]:
    """Yield host and port of each URL-like DSN: they tell database sockets from others."""
    for dsn in dict.fromkeys(dsns):
        try:
            parts = urlsplit(dsn.reveal())
            if parts.hostname:
                yield parts.hostname, parts.port or DEFAULT_POSTGRES_PORT
        except ValueError:  # key=value form, several hosts: sockets are then told by port or listener
            continue
