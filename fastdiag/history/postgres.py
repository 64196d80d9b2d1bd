"""The history in PostgreSQL: what several hosts share."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.history.codec import mark_from, pack_run, pack_snapshot, unpack_run, unpack_snapshot
from fastdiag.history.dates import since_of, taken_of
from fastdiag.history.postgres_pruning import PRUNE_EVERY, prune
from fastdiag.history.postgres_session import Session
from fastdiag.history.store import MAX_MARKS, MAX_RUNS, Keep, Pruned
from fastdiag.model.history import Mark, Run
from fastdiag.model.target import Secret

_RUNS: Final = """
    SELECT body, id FROM fastdiag_run
    WHERE (%(service)s::text IS NULL OR service = %(service)s)
      AND (%(host)s::text IS NULL OR host = %(host)s) AND taken >= %(since)s
    ORDER BY taken DESC, id DESC LIMIT %(limit)s
"""
_MARKS: Final = """
    SELECT id, service, at, text FROM fastdiag_mark
    WHERE (%(service)s::text IS NULL OR service IS NULL OR service = %(service)s) AND at >= %(since)s
    ORDER BY at DESC, id DESC LIMIT %(limit)s
"""


class PostgresStore:
    """A ``Store`` in the tables fastdiag_* of the search path; see there."""

    def __init__(self, dsn: Secret, keep: Keep) -> None:
        """Connect, and make the tables on first use. Raise HistoryError when that cannot be."""
        self._session = Session(dsn)
        self._keep = keep

    @property
    def where(self) -> str:
        """User, host, port and database."""
        return self._session.where

    def add(self, run: Run, snapshot: str) -> int:
        """Keep a run with its snapshot; every few of them, drop what is too old or too much."""
        taken, body, packed = taken_of(run), pack_run(run), pack_snapshot(snapshot)
        with self._session.transaction() as connection:
            row = connection.execute(
                "INSERT INTO fastdiag_run (service, host, taken, size, body)"
                " VALUES (%s, %s, %s, %s, %s) RETURNING id",
                (run.service, run.host, taken, len(body), body),
            ).fetchone()
            id_ = int(row[0]) if row else 0
            connection.execute(
                "INSERT INTO fastdiag_snapshot VALUES (%s, %s, %s)", (id_, len(packed), packed)
            )
            if id_ % PRUNE_EVERY == 0:
                prune(connection, self._keep, time.time(), spared=id_)
        return id_

    def run(self, id: int) -> Run | None:  # noqa: A002 - as in Store
        """Return one run."""
        with self._session.transaction() as connection:
            row = connection.execute("SELECT body FROM fastdiag_run WHERE id = %s", (id,)).fetchone()
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
        with self._session.transaction() as connection:
            return tuple(unpack_run(*row) for row in connection.execute(_RUNS, wanted).fetchall())

    def snapshot(self, id: int) -> str | None:  # noqa: A002 - as in Store
        """Return the JSON text of the snapshot of a run."""
        with self._session.transaction() as connection:
            row = connection.execute("SELECT body FROM fastdiag_snapshot WHERE run = %s", (id,)).fetchone()
            return unpack_snapshot(row[0], id) if row else None

    def mark(self, mark: Mark) -> int:
        """Keep a mark."""
        with self._session.transaction() as connection:
            row = connection.execute(
                "INSERT INTO fastdiag_mark (service, at, text) VALUES (%s, %s, %s) RETURNING id",
                (mark.service, taken_of(mark), mark.text),
            ).fetchone()
            return int(row[0]) if row else 0

    def marks(self, service: str | None, *, since: float | None = None) -> tuple[Mark, ...]:
        """Return the marks that concern a service, the newest first."""
        wanted = {"service": service, "since": since_of(since), "limit": MAX_MARKS}
        with self._session.transaction() as connection:
            return tuple(mark_from(*row) for row in connection.execute(_MARKS, wanted).fetchall())

    def prune(self, keep: Keep) -> Pruned:
        """Drop what is too old or too much; autovacuum gives the room to what comes next."""
        with self._session.transaction() as connection:
            return prune(connection, keep, time.time())

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
