"""From a place to the history that is kept there."""

from __future__ import annotations

from pathlib import Path

from fastdiag.history.place import default_path
from fastdiag.history.store import HistoryPlace, Store
from fastdiag.model.target import Secret


def open_store(place: HistoryPlace) -> Store:
    """Open a history; what it takes is made on first use. Close it when done.

    Raises:
        HistoryError: it cannot be opened; ``where`` and ``hint`` say why, and no secret is in them.

    """
    match place.store:
        case Secret() as dsn:
            from fastdiag.history.postgres import PostgresStore  # noqa: PLC0415 - psycopg costs 100 ms

            return PostgresStore(dsn, place.keep)
        case Path() as path:
            from fastdiag.history.sqlite import SqliteStore  # noqa: PLC0415 - only what is needed

            return SqliteStore(path, place.keep)
        case None:
            from fastdiag.history.sqlite import SqliteStore  # noqa: PLC0415 - likewise

            return SqliteStore(default_path(), place.keep)
