"""Writing results to files: all of one or nothing, and told beforehand where that is not possible."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from fastdiag.errors import ConfigError, FastdiagError

STDOUT: Final = Path("-")
OUTPUT: Final = "--output"
"""The only option that takes `-` for stdout."""
_ELSEWHERE: Final = "choose another place"


def write(path: Path, text: str) -> None:
    """Write a result to a file, all of it or nothing: what stood there stays if anything interrupts.

    Raises:
        FastdiagError: it cannot be written.

    """
    try:
        _replace(path, text.encode("utf-8"))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise FastdiagError(f"{path} cannot be written: {why}", hint=_ELSEWHERE) from None


def make_folder(folder: Path, hint: str) -> None:
    """Make a folder and those above it, where they are not there yet.

    Raises:
        FastdiagError: it cannot be made.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FastdiagError(f"{folder} cannot be made: {error.strerror}", hint=hint) from None


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename: a reader never sees half of it, nor does Ctrl-C leave that."""
    target = path.resolve()
    if path.exists() and not (path.is_file() and os.access(target.parent, os.W_OK | os.X_OK)):
        path.write_bytes(content)  # a device, a pipe, or a folder in which nothing can be renamed
        return
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            is_alike = _liken(file.fileno(), target)
        if is_alike:
            os.replace(name, target)  # noqa: PTH105 - names as mkstemp gives them
        else:
            target.write_bytes(content)  # it stays whose it is
            os.unlink(name)  # noqa: PTH108 - likewise
    except BaseException:  # Ctrl-C is none
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - likewise
        raise


def _liken(descriptor: int, target: Path) -> bool:
    """Give a new file the owner and the permissions of the one that it replaces, or those of any new one.

    Return False where the owner is somebody else and we may not give files away.
    """
    if not target.exists():
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        return True
    own, theirs = os.fstat(descriptor), target.stat()
    if (own.st_uid, own.st_gid) != (theirs.st_uid, theirs.st_gid):
        try:
            os.fchown(descriptor, theirs.st_uid, theirs.st_gid)
        except PermissionError:
            return False
    os.fchmod(descriptor, stat.S_IMODE(theirs.st_mode))
    return True


def check_new(path: Path) -> None:
    """Refuse to replace what somebody may have written by hand. Raise ConfigError when there is a file."""
    if path != STDOUT and os.path.lexists(path):
        hint = "--force replaces it; `fastdiag init --output -` only shows what would stand there"
        raise ConfigError(f"{path} exists already", hint=hint)


def check_writable(option: str, path: Path | None) -> None:
    """Refuse a place that cannot be written, before anything is collected for it.

    Raises:
        ConfigError: it cannot, as far as one can tell without writing; the hint says what to do.

    """
    if path is None or (path == STDOUT and option == OUTPUT):
        return
    if path == STDOUT:
        raise ConfigError(f"{option} needs the name of a file", hint="stdout is for the result: -f json")
    trouble = _trouble(path)
    if trouble:
        raise ConfigError(f"{option} {path} cannot be written: {trouble}", hint=_ELSEWHERE)


def _trouble(path: Path) -> str | None:
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path's, it raises nothing
        return "it is a folder"
    if os.path.exists(path):  # noqa: PTH110 - likewise
        return None if os.access(path, os.W_OK) else "no permission"
    if not os.path.isdir(path.parent):  # noqa: PTH112 - likewise
        return f"there is no folder {path.parent}"
    return None if os.access(path.parent, os.W_OK | os.X_OK) else f"no permission in folder {path.parent}"
