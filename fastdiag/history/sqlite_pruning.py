"""What a SQLite history drops, so that it stays as young and as small as it is meant to be."""

from __future__ import annotations

import sqlite3
from typing import Final

from fastdiag.history.store import MAX_MARKS, RUNS_SHARE, SLACK, Keep, Pruned

SPARE_PAGES: Final = 16
"""Free pages that stay for the next run."""
_OLD_RUNS: Final = "SELECT id FROM run WHERE taken < :oldest AND id <> :spared"
_EXCESS_RUNS: Final = """
    SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY taken DESC, id DESC) AS total FROM run)
    WHERE total > :room AND id <> :spared
"""
_EXCESS_SNAPSHOTS: Final = """
    SELECT run FROM (
        SELECT snapshot.run, sum(snapshot.size) OVER (ORDER BY taken DESC, id DESC) AS total
        FROM snapshot JOIN run ON run.id = snapshot.run
    )
    WHERE total > :room AND run <> :spared
"""
_OLD_MARKS: Final = """
    DELETE FROM mark WHERE at < :oldest
    OR id IN (SELECT id FROM mark ORDER BY at DESC, id DESC LIMIT -1 OFFSET :most)
"""


def prune(connection: sqlite3.Connection, keep: Keep, now: float, spared: int | None = None) -> Pruned:
    """Drop what is too old or too much, within a transaction of the caller.

    The size is that of the file. ``spared`` is a run that stays whatever it takes; else it is the newest.
    """
    if spared is None:
        newest = connection.execute("SELECT id FROM run ORDER BY taken DESC, id DESC LIMIT 1").fetchone()
        spared = newest[0] if newest else 0
    before = _kept(connection)
    oldest = {"oldest": now - keep.age_s, "spared": spared}
    connection.execute(f"DELETE FROM run WHERE id IN ({_OLD_RUNS})", oldest)  # noqa: S608 - constants
    marks = connection.execute(_OLD_MARKS, {"oldest": now - keep.age_s, "most": MAX_MARKS}).rowcount
    used = _used_bytes(connection)
    if used > keep.size_bytes:
        _shrink(connection, keep.size_bytes / used, spared)
    after = _kept(connection)
    runs, snapshots, size = (was - is_ for was, is_ in zip(before, after, strict=True))
    return Pruned(runs=runs, snapshots=snapshots, marks=marks, size_bytes=size)


def give_back(connection: sqlite3.Connection) -> None:
    """Make the file smaller by what is free in it, unless that is little: outside a transaction."""
    if connection.execute("PRAGMA freelist_count").fetchone()[0] > SPARE_PAGES:
        # A script, because a statement would be stepped once, which gives back a single page.
        connection.executescript("PRAGMA incremental_vacuum")


def _shrink(connection: sqlite3.Connection, share: float, spared: int) -> None:
    """Drop the oldest until what is left takes this share of what is kept now, and a little less."""
    allowed = _kept(connection)[2] * share * SLACK
    room = {"room": allowed * RUNS_SHARE, "spared": spared}
    connection.execute(f"DELETE FROM run WHERE id IN ({_EXCESS_RUNS})", room)  # noqa: S608 - constants
    runs = connection.execute("SELECT total(size) FROM run").fetchone()[0]
    room = {"room": allowed - runs, "spared": spared}
    connection.execute(f"DELETE FROM snapshot WHERE run IN ({_EXCESS_SNAPSHOTS})", room)  # noqa: S608


def _kept(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return runs, snapshots, and the bytes of both."""
    runs, of_runs = connection.execute("SELECT count(*), total(size) FROM run").fetchone()
    snapshots, rest = connection.execute("SELECT count(*), total(size) FROM snapshot").fetchone()
    return runs, snapshots, int(of_runs + rest)


def _used_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of the file without what could be given back."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
