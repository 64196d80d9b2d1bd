"""A PgBouncer on this machine: its own configuration says how its statistics are asked for.

A DSN is formed only where no password has to be guessed: the service's own login is among those that may
ask, PgBouncer trusts everyone, or we are the user under which it runs.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from fastdiag.collectors.pgbouncer import console_behind
from fastdiag.discovery.addresses import is_here
from fastdiag.discovery.homes import Clue, Home, pgbouncers_of
from fastdiag.discovery.search import Search
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret

CONSOLE: Final = "pgbouncer"
"""The database that answers SHOW; also the user that needs no password on a socket, for its own user."""
DEFAULT_PORT: Final = 6432
DEFAULT_SOCKET_DIR: Final = "/tmp"  # noqa: S108 - PgBouncer's own default
MAX_INI_BYTES: Final = 1 << 20
_OPTIONS_WITH_VALUE: Final = frozenset({"-u", "--user"})
_OPEN_TO_ALL: Final = frozenset({"any", "trust"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler:
    """One PgBouncer and what its configuration says; ``users`` may ask for statistics."""

    pid: int
    uid: int | None
    host: str | None
    port: int
    socket_dir: str | None
    users: tuple[str, ...]
    is_open: bool


def find_pgbouncer(
    search: Search, homes: Iterable[Home], pids: Sequence[int], own: Clue | None
) -> Secret | None:
    """Return a DSN for PgBouncer's statistics; where one runs here and none can be formed, say how to.

    ``own`` is the DSN of the service itself: where it goes elsewhere, those here are not its poolers.
    """
    service = own[1] if own else None
    poolers = [pooler for pid in pids if (pooler := pooler_of(search.proc, pid))]
    if service is not None:
        poolers = [pooler for pooler in poolers if _goes_through(service, pooler)]
    clues = [*pgbouncers_of(homes), *_of_poolers(poolers, service), *_by_port(own)]
    found = search.first("pgbouncer", search.settings.pgbouncer, clues)
    if found is None and poolers and "pgbouncer" in search.settings.sources:
        search.notes.append(
            f"a PgBouncer runs here (pid {poolers[0].pid}); a user of its stats_users may ask it:"
            f" --pgbouncer postgresql://USER@127.0.0.1:{poolers[0].port}/{CONSOLE}"
        )
    return found


def _of_poolers(poolers: Iterable[Pooler], service: Secret | None) -> Iterator[Clue]:
    for pooler in poolers:
        dsn = console_dsn(pooler, service)
        if dsn is not None:
            yield f"the configuration of pid {pooler.pid}", dsn


def _by_port(own: Clue | None) -> Iterator[Clue]:
    """Yield the console behind a DSN with PgBouncer's port, on whichever machine that is."""
    if own is not None and (dsn := console_behind(own[1])):
        yield own[0], dsn


def pooler_of(proc: Proc, pid: int) -> Pooler | None:
    """Read the configuration of a PgBouncer process; None where that is not for us to see."""
    settings = _settings(proc, pid)
    if settings is None:
        return None
    status = proc.status(pid)
    addresses = [text.strip() for text in settings.get("listen_addr", "").split(",") if text.strip()]
    port = settings.get("listen_port", str(DEFAULT_PORT))
    users = f"{settings.get('stats_users', '')},{settings.get('admin_users', '')}".split(",")
    return Pooler(
        pid=pid,
        uid=None if isinstance(status, Unreadable) else status.uid,
        host=_reachable(addresses[0]) if addresses else None,
        port=int(port) if port.isdecimal() else DEFAULT_PORT,
        socket_dir=settings.get("unix_socket_dir", DEFAULT_SOCKET_DIR) or None,
        users=tuple(name for user in users if (name := user.strip().strip('"'))),
        is_open=settings.get("auth_type", "md5") in _OPEN_TO_ALL,
    )


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
    """Return user and password of the service if it may ask."""
    parts = _parts(service)
    may_ask = parts is not None and parts.username and unquote(parts.username) in pooler.users
    return parts.netloc.rpartition("@")[0] if parts and may_ask and pooler.host else None


def _goes_through(service: Secret, pooler: Pooler) -> bool:
    """Whether a DSN leads to this PgBouncer; one that we cannot take apart may."""
    parts = _parts(service)
    if parts is None or not parts.hostname:
        return True
    try:
        return parts.port == pooler.port and is_here(parts.hostname) is True
    except ValueError:  # no port
        return True


def _parts(dsn: Secret) -> SplitResult | None:
    try:
        return urlsplit(dsn.reveal())
    except ValueError:
        return None


def _place(pooler: Pooler) -> str:
    host = f"[{pooler.host}]" if pooler.host and ":" in pooler.host else pooler.host
    return f"{host}:{pooler.port}"


def _reachable(address: str) -> str:
    return "127.0.0.1" if address in {"*", "0.0.0.0", "::"} else address  # noqa: S104 - read, not bound


def _settings(proc: Proc, pid: int) -> Mapping[str, str] | None:
    """Return the [pgbouncer] section of its ini file."""
    cmdline = proc.cmdline(pid)
    path = None if isinstance(cmdline, Unreadable) else _ini_of(cmdline[1:])
    if path is None:
        return None
    # Seen through the process: it may live in another file system, and a relative path is relative to it.
    seen = proc.root / str(pid) / ("cwd" if not path.is_absolute() else "root") / str(path).lstrip("/")
    text = _read(seen)
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=None, allow_no_value=True)
    try:
        parser.read_string(re.sub(r"(?m)^\s*%include.*$", "", text))
        return {name: value or "" for name, value in parser.items("pgbouncer")}
    except configparser.Error:
        return None


def _ini_of(arguments: tuple[str, ...]) -> PurePosixPath | None:
    before = ("", *arguments)
    for previous, argument in zip(before, arguments, strict=False):
        if not argument.startswith("-") and previous not in _OPTIONS_WITH_VALUE:
            return PurePosixPath(argument)
    return None


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(MAX_INI_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
