"""What SQLite and the operating system say, told as a HistoryError with the way out."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import Final

from fastdiag.errors import HistoryError
from fastdiag.history.codec import DamagedError
from fastdiag.history.sqlite_file import BUSY_S, is_ours, not_a_history, set_aside

_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_CLOSED: Final = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
_ELSEWHERE: Final = "keep the history elsewhere: `history:` in fastdiag.yaml, or --history"
_LOG_INDEX_BYTES: Final = 32_768
_FULL_HINT: Final = "free space, or drop what is old: `fastdiag history prune --keep 7d`"


@contextmanager
def told(path: Path, inode: int | None = None) -> Iterator[None]:
    """Turn every fault inside into a HistoryError; a damaged file is set aside, never deleted.

    ``inode`` is that of the file as it was opened; None while it is being opened.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error, path, inode) from None
    except DamagedError as error:
        raise _damaged(str(error), path, inode) from None
    except OSError as error:
        message = f"cannot be opened: {error.strerror or error}"
        raise HistoryError(message, hint=_ELSEWHERE, where=str(path)) from None
    except (ValueError, OverflowError) as error:  # a NUL in the path, a text that is none
        raise HistoryError(f"cannot be read or written: {error}", where=str(path)) from None


def _of_sqlite(error: sqlite3.Error, path: Path, inode: int | None) -> HistoryError:
    name = getattr(error, "sqlite_errorname", "")  # what the module itself finds wrong has none
    if name.startswith(_DAMAGED):
        return _damaged(str(error), path, inode)
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return HistoryError("cannot be written: the disk is full", hint=_FULL_HINT, where=str(path))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        message = f"others have been writing for {BUSY_S:.0f} s; this was not kept"
        return HistoryError(message, hint=f"who holds it: fuser {quote(str(path))}", where=str(path))
    if name.startswith(_CLOSED):
        hint = f"run as the user whose history it is, or {_ELSEWHERE}"
        return HistoryError(f"cannot be written: {error}", hint=hint, where=str(path))
    return HistoryError(f"cannot be read or written: {error}", hint=_ELSEWHERE, where=str(path))


def _is_full(path: Path) -> bool:
    """Whether there is not even room for the index of a write-ahead log."""
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < _LOG_INDEX_BYTES
    return False


def _damaged(said: str, path: Path, inode: int | None) -> HistoryError:
    try:
        if inode is not None and path.stat().st_ino != inode:  # what stands there now is a good one
            return _again(f"the history was damaged ({said}), and another run has set it aside", path)
        if not is_ours(path):
            return not_a_history(path)
        aside = set_aside(path)
    except FileNotFoundError:
        return _again(f"the history was damaged ({said}), and is gone", path)
    except OSError as error:
        message = f"the history is damaged ({said}), and cannot be set aside: {error.strerror}"
        return HistoryError(message, hint="move it away, and a new one begins", where=str(path))
    return HistoryError(
        f"the history is damaged ({said}); it was set aside, and a new one begins with the next run",
        hint=f"what can be saved of it: sqlite3 {quote(str(aside))} .recover",
        where=str(path),
    )


def _again(message: str, path: Path) -> HistoryError:
    return HistoryError(message, hint="a new one begins with the next run", where=str(path))
