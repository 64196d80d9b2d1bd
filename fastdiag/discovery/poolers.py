"""The PgBouncers of this machine: where each takes clients, and who may ask it, by its own configuration."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from fastdiag.discovery.programs import listeners
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable

DEFAULT_PORT: Final = 6432
DEFAULT_SOCKET_DIR: Final = "/tmp"  # noqa: S108 - PgBouncer's own default
MAX_INI_BYTES: Final = 1 << 20
_OPTIONS_WITH_VALUE: Final = frozenset({"-u", "--user"})
_OPEN_TO_ALL: Final = frozenset({"any", "trust"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler:
    """One PgBouncer and what its configuration says; ``users`` may ask for statistics.

    is_read  whether the configuration could be read; else only where it listens is known
    """

    pid: int
    uid: int | None
    host: str | None
    port: int
    socket_dir: str | None
    users: tuple[str, ...]
    is_open: bool
    is_read: bool = True

    def may_ask(self, user: str) -> bool:
        """Whether a user may be one of those who ask for statistics."""
        return user in self.users or not self.is_read


def find_poolers(proc: Proc, pids: Iterable[int]) -> tuple[Pooler, ...]:
    """Return the PgBouncers of this machine, as far as it shows where they take clients."""
    return tuple(pooler for pid in pids if (pooler := pooler_of(proc, pid) or _unread(proc, pid)))


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


def _unread(proc: Proc, pid: int) -> Pooler | None:
    """Return a PgBouncer whose configuration is not ours to see by where it listens."""
    place = next(listeners(proc, pid), None)
    if place is None:
        return None
    status = proc.status(pid)
    return Pooler(
        pid=pid,
        uid=None if isinstance(status, Unreadable) else status.uid,
        host=_reachable(place.host),
        port=place.port,
        socket_dir=None,
        users=(),
        is_open=False,
        is_read=False,
    )


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
