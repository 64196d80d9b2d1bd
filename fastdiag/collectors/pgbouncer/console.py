"""The admin console of PgBouncer: a connection that is not one to a database, and takes only SHOW."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fastdiag.collectors.libpq.dial import ConnectError, describe, diagnose, dial, parameters_of
from fastdiag.collectors.libpq.failure import Failure, as_source_failed
from fastdiag.collectors.libpq.guard import HOME_S, Guard
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.target import Secret

if TYPE_CHECKING:
    import psycopg

DATABASE: Final = "pgbouncer"
"""Name under which PgBouncer offers its console."""
SHOWN: Final = frozenset({"CONFIG", "DATABASES", "LISTS", "POOLS", "STATS"})
MAX_ROWS: Final = 2000
SAMPLES_S: Final = 0.5
_NOT_ALLOWED: Final = re.compile(r"not allowed|admin (access|only)|permission", re.IGNORECASE)

Rows = Sequence[Mapping[str, object]]
"""Rows of an answer by column name: their number and order differ from version to version."""


@dataclass(slots=True, kw_only=True)
class Console:
    """An open console that ends by itself when the sink's time is up."""

    connection: psycopg.Connection[object]
    sink: Sink
    user: str
    _guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self._guard = Guard(self.connection, self.sink.remaining() - HOME_S)

    def show(self, what: str) -> Rows | Missing:
        """Return the answer to SHOW, or why it was refused.

        Raises:
            SourceFailed: the connection is lost.
            ValueError: it is not one of the few things that are ever asked.

        """
        import psycopg  # noqa: PLC0415 - costs 100 ms, needed only where there is a pooler
        from psycopg import ClientCursor  # noqa: PLC0415 - likewise
        from psycopg.rows import dict_row  # noqa: PLC0415 - likewise

        if what not in SHOWN:
            raise ValueError(what)
        self.sink.requests += 1
        try:
            # The console speaks the simple protocol only: no parameters, nothing prepared.
            with ClientCursor(self.connection, row_factory=dict_row) as cursor:
                return cursor.execute(f"SHOW {what}".encode()).fetchmany(MAX_ROWS)
        except psycopg.Error as error:
            if self.connection.closed or self.connection.broken or self._guard.has_cut:
                raise self._lost(error) from None
            return self._refusal(what, error)

    def close(self) -> None:
        """End the connection. Never raises."""
        self._guard.close()

    def _lost(self, error: psycopg.Error) -> SourceFailed:
        if self._guard.has_cut:
            return SourceFailed(
                Reason.TIMED_OUT,
                "PgBouncer stopped answering",
                hint="look whether it is stopped or out of CPU",
            )
        said = error.diag.message_primary or "the connection broke"
        return SourceFailed(Reason.FAILED, f"the console was lost: {said}", hint="look at PgBouncer's log")

    def _refusal(self, what: str, error: psycopg.Error) -> Missing:
        said = error.diag.message_primary or type(error).__name__
        reason = Reason.DENIED if _NOT_ALLOWED.search(said) else Reason.FAILED
        self.sink.problem(f"SHOW {what} was refused: {said}", hint=grant(self.user))
        return Missing(reason, f"SHOW {what} was refused: {said}")


def grant(user: str) -> str:
    """Return what lets a user look at the console."""
    return f"add {user or 'the user'} to stats_users in pgbouncer.ini and RELOAD"


def open_console(dsn: Secret, sink: Sink) -> Console:
    """Open the console that a DSN names; one without a database means the console, too.

    Raises:
        SourceFailed: there is no console; nothing in it is secret.

    """
    given = parameters_of(dsn)
    # What applications set for a server is refused by a pooler, and means nothing to its console.
    parameters = {key: value for key, value in given.items() if key not in {"options", "application_name"}}
    parameters.setdefault("dbname", DATABASE)
    sink.target = describe(parameters)
    try:
        connection = dial(parameters, sink.remaining() - SAMPLES_S)
    except ConnectError as error:
        raise _no_console(error, parameters, sink) from None
    version = connection.info.parameter_status("server_version") or ""
    user = connection.info.user
    if not version.endswith("/bouncer"):
        connection.close()
        raise SourceFailed(
            Reason.ABSENT,
            "that is a database, not the console of PgBouncer",
            hint=f"the DSN of the console ends in /{DATABASE}",
        )
    sink.target = f"{sink.target} (PgBouncer {version.removesuffix('/bouncer')})"
    return Console(connection=connection, sink=sink, user=user)


def _no_console(error: ConnectError, parameters: Mapping[str, str], sink: Sink) -> SourceFailed:
    user = parameters.get("user", "")
    if _NOT_ALLOWED.search(error.text):
        return SourceFailed(Reason.DENIED, f"the console refused: {error.told}", hint=grant(user))
    failure, told = diagnose(error, parameters, sink)
    if failure is Failure.NO_DATABASE:
        return SourceFailed(
            Reason.ABSENT,
            f"there is no console: {told}",
            hint="the DSN must lead to PgBouncer, not to the server behind it",
        )
    return as_source_failed(failure, told)
