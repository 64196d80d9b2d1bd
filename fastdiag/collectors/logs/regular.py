"""Opening a file that somebody named, without being held up by what turns out to be none."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

_KINDS: Final[tuple[tuple[Callable[[int], bool], str, str], ...]] = (
    (stat.S_ISDIR, "a directory", "name a file in it"),
    (stat.S_ISFIFO, "a named pipe", "`cat PIPE | fastdiag snapshot --log -` takes what comes out of it"),
    (stat.S_ISSOCK, "a socket", "name the file to which its reader writes"),
)
_PACKED: Final = (
    (b"\x1f\x8b", "gzip", "zcat"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstdcat"),
    (b"\xfd7zXZ", "xz", "xzcat"),
    (b"BZh", "bzip2", "bzcat"),
)
"""How compressed files begin, and what unpacks them."""


def open_regular(path: Path) -> int:
    """Return a descriptor of a regular file. Opening a pipe or a device could block, or do something.

    Raises:
        SourceFailed: there is none, it is something else, or it may not be read.

    """
    try:
        _refuse_other(os.stat(path).st_mode)  # noqa: PTH116 - the path may be a descriptor's, which is no place
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(path, error) from None
    except ValueError:  # a NUL in its name
        raise SourceFailed(Reason.ABSENT, "there is no such file", hint="check the path") from None
    try:
        _refuse_other(os.fstat(fd).st_mode)
    except SourceFailed:
        os.close(fd)
        raise
    return fd


def refuse_packed(head: bytes, path: Path) -> None:
    """Raise SourceFailed for a compressed file: its end tells nothing without its beginning."""
    if how := packed(head):
        kind, program = how
        hint = f"`{program} {path} | tail -n 20000 | fastdiag snapshot --log -`"
        raise SourceFailed(Reason.FAILED, f"it is compressed ({kind})", hint=hint)


def packed(head: bytes) -> tuple[str, str] | None:
    """Return how a file that begins so is compressed, and what unpacks it."""
    return next(((kind, program) for magic, kind, program in _PACKED if head.startswith(magic)), None)


def _refuse_other(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    what, hint = next(
        ((what, hint) for is_it, what, hint in _KINDS if is_it(mode)), ("a device", "name a file")
    )
    raise SourceFailed(Reason.FAILED, f"it is {what}, not a file", hint=hint)


def _refusal(path: Path, error: OSError) -> SourceFailed:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return SourceFailed(Reason.ABSENT, "there is no such file", hint="check the path")
        case PermissionError():
            return SourceFailed(Reason.DENIED, "it may not be read", hint=f"run as root, or {_who_may(path)}")
        case _:
            why = (error.strerror or "it cannot be opened").lower()
            return SourceFailed(Reason.FAILED, why, hint="check the path")


def _who_may(path: Path) -> str:
    """Return who may read a file, so far as can be seen."""
    try:
        group = path.group() if path.stat().st_mode & stat.S_IRGRP else ""
        owner = path.owner()
    except (OSError, KeyError):  # a folder on the way is closed, or an owner that no longer has a name
        return "as the service's own user"
    return f"as a member of its group {group}" if group else f"as {owner}, whose it is"
