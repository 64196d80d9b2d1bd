"""The SQLite file of a history: made for its owner alone, recognised as ours, set aside when damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fastdiag.errors import HistoryError
from fastdiag.history.place import FILE_NAME, FOLDER

APPLICATION_ID: Final = 0x66647831  # "fdx1": tells our file from anybody else's
SCHEMA: Final = 1
BUSY_S: Final = 10.0
"""How long one waits for others that write: each of them takes milliseconds."""
WAL_LIMIT_BYTES: Final = 2**22
_MAGIC: Final = b"SQLite format 3\0"
_ID_AT: Final = slice(68, 72)
"""Of the header: https://www.sqlite.org/fileformat.html#application_id"""
_SHARED: Final = ("nfs", "cifs", "smb", "afpfs", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "vboxsf")
"""File systems of several machines, among which a write-ahead log cannot be shared."""
_TABLES: Final = (
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL,
        host TEXT NOT NULL,
        taken REAL NOT NULL,  -- seconds since the epoch
        size INTEGER NOT NULL,  -- bytes of body
        body BLOB NOT NULL
    )""",
    "CREATE INDEX run_by_time ON run (taken, id, size)",
    "CREATE INDEX run_by_service ON run (service, taken, id)",
    """CREATE TABLE snapshot (
        run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
        size INTEGER NOT NULL,
        body BLOB NOT NULL
    )""",
    "CREATE INDEX snapshot_size ON snapshot (run, size)",  # sums without reading the bodies
    """CREATE TABLE mark (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT,  -- NULL concerns every service
        at REAL NOT NULL,
        text TEXT NOT NULL
    )""",
    "CREATE INDEX mark_by_time ON mark (at)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA}",
)


def make_file(path: Path) -> int:
    """Make the file, unless it is there, and its folders; return its inode. Raise OSError if that fails."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # what it holds is nobody else's
    return path.stat().st_ino


def open_file(path: Path) -> sqlite3.Connection:
    """Open a file, and make its tables where it is empty.

    Raises:
        HistoryError: it is no history, or one that a newer fastdiag has written.
        sqlite3.Error: it cannot be read or written, or is damaged.

    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # what was kept outlives a power failure too
        _make(connection, path)
        _check(connection, path)
        _write_ahead(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def set_aside(path: Path) -> Path:
    """Rename a damaged file, with what belongs to it; return its new name. Raise OSError if that fails."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{os.getpid()}")
    path.rename(aside)
    for suffix in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    return aside


def is_ours(path: Path) -> bool:
    """Whether a damaged file may be taken away: its place is ours, or what is left of its header says so."""
    with path.open("rb") as file:
        header = file.read(_ID_AT.stop)
    is_in_place = (path.parent.name, path.name) == (FOLDER, FILE_NAME)
    return is_in_place or header[_ID_AT] == APPLICATION_ID.to_bytes(4, "big")


def may_share_log(path: Path, mounts: Iterable[tuple[str, str]]) -> bool:
    """Whether processes may share a write-ahead log here: not on a file system of several machines.

    ``mounts`` are mount points with the type of their file system.
    """
    holding = [(point, kind) for point, kind in mounts if path.is_relative_to(point)]
    kind = max(holding, key=lambda mount: len(mount[0]), default=("", ""))[1]
    return not kind.startswith(_SHARED)


def _make(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, unless somebody has or does so at this moment."""
    if _is_of_another_kind(path) or not _is_blank(connection):
        return
    # Of use only before there is a table. It writes the header at once: whoever comes now, or after we were
    # killed here, finds a file that is not empty and yet holds nothing.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if _is_blank(connection):
            for statement in _TABLES:
                connection.execute(statement)


def _is_of_another_kind(path: Path) -> bool:
    """Whether SQLite has not written it, which takes what is shorter than a header for nothing."""
    with path.open("rb") as file:
        begins = file.read(len(_MAGIC))
    return begins not in {b"", _MAGIC}


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether nobody has made anything of the file."""
    is_named = _number(connection, "PRAGMA application_id")
    return not is_named and not _number(connection, "SELECT count(*) FROM sqlite_master")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _number(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise not_a_history(path)
    schema = _number(connection, "PRAGMA user_version")
    if schema > SCHEMA:
        raise HistoryError(
            f"a newer fastdiag has written this history: schema {schema}, and this one knows {SCHEMA}",
            hint="upgrade fastdiag, or keep the history elsewhere: `history:` in fastdiag.yaml",
            where=str(path),
        )


def not_a_history(path: Path) -> HistoryError:
    """Return what is said of a file that is somebody else's: it is left as it is."""
    return HistoryError(
        "this file is no history of fastdiag, and is left as it is",
        hint="name another path: `history:` in fastdiag.yaml, or --history",
        where=str(path),
    )


def _write_ahead(connection: sqlite3.Connection, path: Path) -> None:
    """Let readers and a writer work side by side, where the file system allows it."""
    if _text(connection, "PRAGMA journal_mode") != "wal" and may_share_log(path.resolve(), _mounts()):
        with suppress(sqlite3.OperationalError):  # somebody is just writing: the next one switches
            _text(connection, "PRAGMA journal_mode = WAL")
    _number(connection, f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")


def _mounts() -> list[tuple[str, str]]:
    import psutil  # noqa: PLC0415 - asked once in the life of a file

    with suppress(OSError, RuntimeError):
        return [(mount.mountpoint, mount.fstype) for mount in psutil.disk_partitions(all=True)]
    return []


def _number(connection: sqlite3.Connection, question: str) -> int:
    with closing(connection.execute(question)) as cursor:
        return int(cursor.fetchone()[0])


def _text(connection: sqlite3.Connection, question: str) -> str:
    with closing(connection.execute(question)) as cursor:
        return str(cursor.fetchone()[0])
