"""The history in a SQLite file: one machine's own, written by any number of its processes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fastdiag.history.codec import mark_from, pack_run, pack_snapshot, unpack_run, unpack_snapshot
from fastdiag.history.dates import since_of, taken_of
from fastdiag.history.sqlite_faults import told
from fastdiag.history.sqlite_file import make_file, open_file
from fastdiag.history.sqlite_pruning import give_back, prune
from fastdiag.history.store import MAX_MARKS, MAX_RUNS, Keep, Pruned
from fastdiag.model.history import Mark, Run

_RUNS: Final = """
    SELECT body, id FROM run
    WHERE (:service IS NULL OR service = :service) AND (:host IS NULL OR host = :host) AND taken >= :since
    ORDER BY taken DESC, id DESC LIMIT :limit
"""
_MARKS: Final = """
    SELECT id, service, at, text FROM mark
    WHERE (:service IS NULL OR service IS NULL OR service = :service) AND at >= :since
    ORDER BY at DESC, id DESC LIMIT :limit
"""


class SqliteStore:
    """A ``Store`` in a file; see there."""

    def __init__(self, path: Path, keep: Keep) -> None:
        """Open the file, or make it. Raise HistoryError when that cannot be."""
        self._path = path
        self._keep = keep
        self._inode: int | None = None
        self._connection = self._open()

    @property
    def where(self) -> str:
        """The path of the file."""
        return str(self._path)

    def add(self, run: Run, snapshot: str) -> int:
        """Keep a run with its snapshot, and drop what is too old or too much."""
        taken, body, packed = taken_of(run), pack_run(run), pack_snapshot(snapshot)
        with self._writing() as connection:
            cursor = connection.execute(
                "INSERT INTO run (service, host, taken, size, body) VALUES (?, ?, ?, ?, ?)",
                (run.service, run.host, taken, len(body), body),
            )
            id_ = cursor.lastrowid or 0
            connection.execute("INSERT INTO snapshot VALUES (?, ?, ?)", (id_, len(packed), packed))
            pruned = prune(connection, self._keep, time.time(), spared=id_)
        if pruned.snapshots:
            self._tidy()
        return id_

    def run(self, id: int) -> Run | None:  # noqa: A002 - as in Store
        """Return one run."""
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM run WHERE id = ?", (id,)).fetchone()
            return unpack_run(row[0], id) if row else None

    def runs(
        self,
        service: str | None,
        *,
        host: str | None = None,
        since: float | None = None,
        limit: int = MAX_RUNS,
    ) -> tuple[Run, ...]:
        """Return the latest runs, the newest first."""
        wanted = {"service": service, "host": host, "since": since_of(since), "limit": limit}
        with self._reading() as connection:
            return tuple(unpack_run(*row) for row in connection.execute(_RUNS, wanted).fetchall())

    def snapshot(self, id: int) -> str | None:  # noqa: A002 - as in Store
        """Return the JSON text of the snapshot of a run."""
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM snapshot WHERE run = ?", (id,)).fetchone()
            return unpack_snapshot(row[0], id) if row else None

    def mark(self, mark: Mark) -> int:
        """Keep a mark."""
        row = (mark.service, taken_of(mark), mark.text)
        with self._writing() as connection:
            cursor = connection.execute("INSERT INTO mark (service, at, text) VALUES (?, ?, ?)", row)
            return cursor.lastrowid or 0

    def marks(self, service: str | None, *, since: float | None = None) -> tuple[Mark, ...]:
        """Return the marks that concern a service, the newest first."""
        wanted = {"service": service, "since": since_of(since), "limit": MAX_MARKS}
        with self._reading() as connection:
            return tuple(mark_from(*row) for row in connection.execute(_MARKS, wanted).fetchall())

    def prune(self, keep: Keep) -> Pruned:
        """Drop what is too old or too much; the file becomes smaller."""
        with self._writing() as connection:
            pruned = prune(connection, keep, time.time())
        self._tidy()
        with self._reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return pruned

    def close(self) -> None:
        """Close the file."""
        with told(self._path, self._inode):
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        with told(self._path, self._inode):
            self._inode = make_file(self._path)
        with told(self._path, self._inode):
            return open_file(self._path)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection; a new one where the file has been taken away or replaced meanwhile."""
        if not self._is_in_place():
            self._connection.close()
            self._connection = self._open()
        with told(self._path, self._inode):
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction: all of it is kept, or nothing."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")  # waits its turn here, and not half-way
            with connection:
                yield connection

    def _tidy(self) -> None:
        with self._reading() as connection:
            give_back(connection)

    def _is_in_place(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False
