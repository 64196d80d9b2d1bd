"""Whether a server on this machine goes by the name that a person or Prometheus gives to the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server
from fastdiag.host.unreadable import Unreadable

NAME_VARIABLES: Final = ("OTEL_SERVICE_NAME", "SERVICE_NAME", "DD_SERVICE", "APP_NAME")
"""Where services are told their own name."""
_SEPARATORS: Final = re.compile(r"[-_. ]+")


def goes_by(service: str, server: Server, proc: Proc) -> bool:
    """Whether the name stands in the application's, its folder's or in what the environment calls it.

    `shop-api` is also `shop_api`: modules, units and jobs are spelt differently.
    """
    wanted = _plain(service)
    return any(wanted in _plain(name) for name in _names(server, proc))


def folder_of(proc: Proc, pid: int) -> Path | None:
    """Return the working directory of a process; None for another user's."""
    try:
        return (proc.root / str(pid) / "cwd").readlink()
    except OSError:
        return None


def _names(server: Server, proc: Proc) -> Iterator[str]:
    yield server.app or ""
    yield from server.cmdline
    folder = folder_of(proc, server.main_pid)
    yield folder.name if folder else ""
    environ = proc.environ(server.main_pid)
    if not isinstance(environ, Unreadable):
        yield from (environ.get(variable, "") for variable in NAME_VARIABLES)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).casefold()
