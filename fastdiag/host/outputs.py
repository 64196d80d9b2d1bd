"""Where a process writes its output: a file, the journal, or somewhere from which nobody can read it back."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.proc_formats import socket_inode
from fastdiag.host.unreadable import Unreadable

STDOUT: Final = 1
STDERR: Final = 2
LOG_SUFFIX: Final = ".log"
JOURNAL_VARIABLE: Final = "JOURNAL_STREAM"
"""`device:inode` of the socket that leads to journald, set for what systemd starts (systemd.exec(5))."""
_UNIT: Final = re.compile(r"[\w:.@\\-]+\.service")
_USER_MANAGER: Final = re.compile(r"user@\d+\.service")


class Sinkhole(StrEnum):
    """Where output goes that cannot be read back."""

    PIPE = "a pipe"
    SOCKET = "a socket"
    TERMINAL = "a terminal"
    NULL = "/dev/null"
    OTHER = "no regular file"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A regular file: ``name`` is the writer's, ``path`` leads there from here, ``key`` is its identity."""

    name: str
    path: Path
    key: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputUnit:
    """The journal, under the name of a unit; ``is_user``: of one that a user's own manager runs."""

    unit: str
    is_user: bool


Output = OutputFile | OutputUnit | Sinkhole


def outputs_of(proc: Proc, pid: int) -> tuple[Output, ...] | Unreadable:
    """Return where stderr and stdout of a process go, then the other files named `*.log` that it writes.

    For root or the same user's dumpable processes.
    """
    links = proc.fd_links(pid)
    if isinstance(links, Unreadable):
        return links
    found = [_output(proc, pid, fd, links) for fd in (STDERR, STDOUT) if fd in links]
    found += _logs(proc, pid, links)
    return tuple(dict.fromkeys(filter(None, found)))


def _output(proc: Proc, pid: int, fd: int, links: Mapping[int, str]) -> Output | None:
    link = links[fd]
    found = _file(proc, pid, fd, link)
    if found is not None:
        return found
    inode = socket_inode(link)
    if inode is not None:
        unit = _unit(proc, pid) if _is_journal(proc, pid, inode) else None
        return unit or Sinkhole.SOCKET
    if link.startswith("pipe:"):
        return Sinkhole.PIPE
    if link == "/dev/null":
        return Sinkhole.NULL
    return Sinkhole.TERMINAL if link.startswith(("/dev/pts/", "/dev/tty", "/dev/console")) else Sinkhole.OTHER


def _logs(proc: Proc, pid: int, links: Mapping[int, str]) -> Iterator[Output | None]:
    for fd, link in sorted(links.items()):
        if fd > STDERR and link.endswith(LOG_SUFFIX) and _is_written(proc, pid, fd):
            yield _file(proc, pid, fd, link)


def _is_written(proc: Proc, pid: int, fd: int) -> bool:
    """Whether a descriptor was opened for writing: what a process reads is not its own log."""
    try:
        info = (proc.root / str(pid) / "fdinfo" / str(fd)).read_text("ascii", errors="replace")
        flags = next(line for line in info.splitlines() if line.startswith("flags:"))
        return bool(int(flags.split()[1], 8) & os.O_ACCMODE)
    except (OSError, ValueError, StopIteration, IndexError):
        return False


def _file(proc: Proc, pid: int, fd: int, link: str) -> OutputFile | None:
    """Return the regular file behind a descriptor, by a path that will also lead to what takes its place."""
    own = proc.root / str(pid) / "fd" / str(fd)
    key = _key(own)
    if key is None or not link.startswith("/") or link.startswith("/memfd:"):
        return None
    name = link.removesuffix(" (deleted)")
    # In a container the name leads elsewhere, or nowhere, from here. Its root may be closed to us.
    for path in (Path(name), proc.root / str(pid) / "root" / name.lstrip("/")):
        if _key(path) == key:
            return OutputFile(name=name, path=path, key=key)
    return OutputFile(name=link, path=own, key=key)


def _key(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a regular file; None for what is none, or cannot be seen."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _is_journal(proc: Proc, pid: int, inode: int) -> bool:
    environ = proc.environ(pid)
    stream = "" if isinstance(environ, Unreadable) else environ.get(JOURNAL_VARIABLE, "")
    if stream:
        return stream.rpartition(":")[2] == str(inode)
    # setproctitle overwrites the environment. A service's output is no other Unix socket than the journal's.
    sockets = proc.net(pid, "unix")
    rows = [] if isinstance(sockets, Unreadable) else sockets.splitlines()
    return any(row.split()[6:7] == [str(inode)] for row in rows)


def _unit(proc: Proc, pid: int) -> OutputUnit | None:
    """Return the innermost service in whose control group a process is."""
    groups = proc.cgroup(pid)
    if isinstance(groups, Unreadable):
        return None
    for line in groups.splitlines():
        names = line.split(":", 2)[-1].split("/")
        for name in reversed(names):
            if _USER_MANAGER.fullmatch(name):
                break
            if _UNIT.fullmatch(name):
                return OutputUnit(unit=name, is_user=any(map(_USER_MANAGER.fullmatch, names)))
    return None
