"""What a history in PostgreSQL drops, so that it stays as young and as small as it is meant to be."""

from __future__ import annotations

from typing import Final, LiteralString

from fastdiag.history.postgres_session import LOCK_KEY, Connection
from fastdiag.history.store import MAX_MARKS, RUNS_SHARE, SLACK, Keep, Pruned

PRUNE_EVERY: Final = 16
"""Runs between two prunings: sums over all rows are not asked for each."""
_OLD_RUNS: Final = "DELETE FROM fastdiag_run WHERE taken < %(oldest)s AND id <> %(spared)s"
_EXCESS_RUNS: Final = """
    DELETE FROM fastdiag_run WHERE id <> %(spared)s AND id IN (
        SELECT id FROM (
            SELECT id, sum(size) OVER (ORDER BY taken DESC, id DESC) AS total FROM fastdiag_run
        ) AS summed WHERE total > %(room)s
    )
"""
_EXCESS_SNAPSHOTS: Final = """
    DELETE FROM fastdiag_snapshot WHERE run <> %(spared)s AND run IN (
        SELECT run FROM (
            SELECT one.run, sum(one.size) OVER (ORDER BY taken DESC, id DESC) AS total
            FROM fastdiag_snapshot AS one JOIN fastdiag_run ON id = one.run
        ) AS summed WHERE total > %(room)s
    )
"""
_OLD_MARKS: Final = """
    DELETE FROM fastdiag_mark WHERE at < %(oldest)s
    OR id IN (SELECT id FROM fastdiag_mark ORDER BY at DESC, id DESC OFFSET %(most)s)
"""
_RUNS_KEPT: Final = "SELECT count(*), coalesce(sum(size), 0) FROM fastdiag_run"
_SNAPSHOTS_KEPT: Final = "SELECT count(*), coalesce(sum(size), 0) FROM fastdiag_snapshot"
_NEWEST: Final = "SELECT id FROM fastdiag_run ORDER BY taken DESC, id DESC LIMIT 1"


def prune(connection: Connection, keep: Keep, now: float, spared: int | None = None) -> Pruned:
    """Drop what is too old or too much, within a transaction of the caller.

    The size is that of what is kept, without indexes and what autovacuum has not cleared away yet. The
    strictest of several hosts decides. ``spared`` is a run that stays whatever it takes; else the newest.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))  # two at once would lock each other
    before = _kept(connection)
    if spared is None:
        spared = next(iter(_row(connection, _NEWEST)), 0)
    wanted = {"oldest": now - keep.age_s, "most": MAX_MARKS, "spared": spared}
    connection.execute(_OLD_RUNS, wanted)
    marks = connection.execute(_OLD_MARKS, wanted).rowcount
    if _kept(connection)[2] > keep.size_bytes:
        _shrink(connection, keep.size_bytes * SLACK, spared)
    runs, snapshots, size = (was - is_ for was, is_ in zip(before, _kept(connection), strict=True))
    return Pruned(runs=runs, snapshots=snapshots, marks=marks, size_bytes=size)


def _shrink(connection: Connection, allowed: float, spared: int) -> None:
    connection.execute(_EXCESS_RUNS, {"room": allowed * RUNS_SHARE, "spared": spared})
    left = allowed - _row(connection, _RUNS_KEPT)[1]
    connection.execute(_EXCESS_SNAPSHOTS, {"room": left, "spared": spared})


def _kept(connection: Connection) -> tuple[int, int, int]:
    """Return runs, snapshots, and the bytes of both."""
    runs, of_runs = _row(connection, _RUNS_KEPT)
    snapshots, rest = _row(connection, _SNAPSHOTS_KEPT)
    return runs, snapshots, of_runs + rest


def _row(connection: Connection, question: LiteralString) -> tuple[int, ...]:
    row = connection.execute(question).fetchone()
    return tuple(map(int, row)) if row else ()
