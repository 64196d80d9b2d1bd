"""The connection to a history in PostgreSQL: opened when it is needed, its tables made on first use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, unquote

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from fastdiag.errors import HistoryError
from fastdiag.history.codec import DamagedError
from fastdiag.model.target import Secret
from fastdiag.redact import Redactor

SCHEMA: Final = 1
CONNECT_S: Final = 5
STATEMENT_S: Final = 10
LOCK_S: Final = 5
LOCK_KEY: Final = 0x66647831
"""Of the advisory lock under which tables are made and old rows dropped: one at a time, whoever does it."""
_URL: Final = re.compile(r"(?:postgres(?:ql)?|pgsql|postgis)(?:\+\w+)?://", re.IGNORECASE)
_LIMITS: Final = f"SET LOCAL statement_timeout = '{STATEMENT_S}s'; SET LOCAL lock_timeout = '{LOCK_S}s'"
"""Within each transaction, because a pooler may give the next one to another session."""
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS fastdiag_run (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        service text NOT NULL,
        host text NOT NULL,
        taken double precision NOT NULL,  -- seconds since the epoch
        size integer NOT NULL,  -- bytes of body
        body bytea NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS fastdiag_run_by_time ON fastdiag_run (taken, id)",
    "CREATE INDEX IF NOT EXISTS fastdiag_run_by_service ON fastdiag_run (service, taken, id)",
    """CREATE TABLE IF NOT EXISTS fastdiag_snapshot (
        run bigint PRIMARY KEY REFERENCES fastdiag_run (id) ON DELETE CASCADE,
        size integer NOT NULL,
        body bytea NOT NULL
    )""",
    "ALTER TABLE fastdiag_snapshot ALTER COLUMN body SET STORAGE EXTERNAL",  # it is compressed already
    """CREATE TABLE IF NOT EXISTS fastdiag_mark (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        service text,  -- NULL concerns every service
        at double precision NOT NULL,
        text text NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS fastdiag_mark_by_time ON fastdiag_mark (at)",
    "CREATE TABLE IF NOT EXISTS fastdiag_history (schema integer NOT NULL)",
)
_HINTS: Final[tuple[tuple[type[psycopg.Error], str], ...]] = (
    (
        errors.InsufficientPrivilege,
        "GRANT CREATE ON SCHEMA public TO the role, or on a schema of its own that its search_path names",
    ),
    (errors.InvalidSchemaName, "set the role's search_path to a schema that it may create tables in"),
    (errors.ReadOnlySqlTransaction, "name the primary: ?target_session_attrs=read-write"),
    (errors.QueryCanceled, f"it may take {STATEMENT_S} s; is the server overloaded?"),
    (errors.LockNotAvailable, "somebody holds a lock on the tables fastdiag_*"),
    (errors.DiskFull, "free space, or drop what is old: `fastdiag history prune --keep 7d`"),
)

Connection = psycopg.Connection[TupleRow]


class Session:
    """One connection, renewed when it is lost; every statement runs in a transaction with its own limits."""

    def __init__(self, dsn: Secret) -> None:
        """Connect, and make the tables. Raise HistoryError when that cannot be."""
        self._mask = Redactor.of((dsn,))
        self.where = "PostgreSQL"
        self._parameters = self._understood(dsn)
        self.where = _described(self._parameters)
        with self._told():
            self._connection = self._dial()
        try:
            with self.transaction() as connection:
                _prepare(connection, self.where)
        except BaseException:  # Ctrl-C is none
            self._connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection in a transaction: all of it is kept, or nothing.

        Raises:
            HistoryError: whatever fails, without a secret.

        """
        with self._told():
            self._renew()
            with self._connection.transaction():
                self._connection.execute(_LIMITS)
                yield self._connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _renew(self) -> None:
        """Connect again where the server has restarted, or a firewall forgotten us."""
        try:
            self._connection.execute("SELECT")
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._dial()

    def _dial(self) -> Connection:
        common = {
            "connect_timeout": str(CONNECT_S),
            "tcp_user_timeout": str(STATEMENT_S * 1000),
            "application_name": "fastdiag history",
            "client_encoding": "UTF8",
        }
        keywords: dict[str, Any] = {**common, **self._parameters}  # psycopg types its own, not those of libpq
        return psycopg.connect("", autocommit=True, prepare_threshold=None, **keywords)

    def _understood(self, dsn: Secret) -> dict[str, str]:
        try:
            found = conninfo_to_dict(_for_libpq(dsn.reveal().strip()))
        except (psycopg.Error, ValueError):  # its text may quote any part of the DSN
            hint = "write postgresql://USER@HOST:PORT/DATABASE, special characters percent-encoded"
            raise HistoryError("libpq does not understand the DSN of the history", hint=hint) from None
        return {key: str(value) for key, value in found.items() if value is not None}

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = self._mask.text(" ".join(str(error).split()) or type(error).__name__)
            hint = next((hint for kind, hint in _HINTS if isinstance(error, kind)), None)
            raise HistoryError(f"cannot be used: {said}", hint=hint, where=self.where) from None
        except (DamagedError, ValueError, OSError) as error:  # ValueError: a NUL in a text
            said = self._mask.text(str(error))
            raise HistoryError(f"cannot be read or written: {said}", where=self.where) from None


def _for_libpq(dsn: str) -> str:
    """Return a DSN with libpq's own scheme, and user and password percent-encoded: they may hold @ or /.

    Raise ValueError where it cannot be told which part is the password.
    """
    written = _URL.match(dsn)
    if written is None:
        return dsn
    address, mark, query = dsn[written.end() :].partition("?")
    user_info, at, place = address.rpartition("@")
    if "@" in query and not at:
        raise ValueError("a question mark before the @")
    user, colon, password = (quote(unquote(part), safe="") for part in user_info.partition(":"))
    return f"postgresql://{user}{':' if colon else ''}{password}{at}{place}{mark}{query}"


def _described(parameters: dict[str, str]) -> str:
    """Return `user@host:port/database`, as far as the DSN says it."""
    host = parameters.get("host") or parameters.get("hostaddr") or "local socket"
    user, port = parameters.get("user", ""), parameters.get("port", "5432")
    name = parameters.get("dbname") or user
    return Redactor.of(()).text(f"postgresql://{f'{user}@' if user else ''}{host}:{port}/{name}")


def _prepare(connection: Connection, where: str) -> None:
    """Make the tables on first use, and refuse those of a newer fastdiag."""
    if not _are_there(connection):
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        if not _are_there(connection):
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute("INSERT INTO fastdiag_history VALUES (%s)", (SCHEMA,))
    row = connection.execute("SELECT max(schema) FROM fastdiag_history").fetchone()
    schema = int(row[0]) if row and row[0] is not None else SCHEMA
    if schema > SCHEMA:
        raise HistoryError(
            f"a newer fastdiag has made these tables: schema {schema}, and this one knows {SCHEMA}",
            hint="upgrade fastdiag, or keep the history elsewhere: `history:` in fastdiag.yaml",
            where=where,
        )


def _are_there(connection: Connection) -> bool:
    row = connection.execute("SELECT to_regclass('fastdiag_history') IS NOT NULL").fetchone()
    return bool(row and row[0])
