"""The one authenticated connection: it reads a fixed list of statements, within time and number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from fastdiag.collectors.libpq.failure import Failure, as_source_failed, from_text, no_statement
from fastdiag.collectors.libpq.guard import HOME_S, Guard
from fastdiag.collectors.postgres.pooling import WAIT_TIMEOUT, Pooling
from fastdiag.collectors.postgres.queries import Extension, statement
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Missing, Reason

if TYPE_CHECKING:
    import psycopg

APPLICATION_NAME: Final = "fastdiag"
MAX_STATEMENTS: Final = 12
POOLED_FIRST_ANSWER_S: Final = 3.0
"""By then a pooler has a server connection for our first statement, or it has none to give."""

SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": "2000",  # ms
    "lock_timeout": "500",  # ms
    "idle_in_transaction_session_timeout": "5000",  # ms
}
"""What makes a session safe; all of these exist in every supported server."""

# A pooler hands the server session to the next client: nothing may stay set after the transaction.
_POOLED_PREFIX: Final = "BEGIN READ ONLY; " + "".join(
    f"SET LOCAL {name} = '{value}'; "
    for name, value in {**SETTINGS, "application_name": APPLICATION_NAME}.items()
)

_POOLED_CALLS: Final = _POOLED_PREFIX.count(";") + 2  # the statement itself, and ROLLBACK

_REFUSALS: Final[Mapping[str, tuple[Reason, str]]] = {
    "42501": (Reason.DENIED, "the role may not read it"),
    "42703": (Reason.ABSENT, "this server has no such column"),
    "42P01": (Reason.ABSENT, "this server has no such view"),
    "42883": (Reason.ABSENT, "this server has no such function"),
    "0A000": (Reason.ABSENT, "this server does not support it"),
    "55000": (Reason.ABSENT, "the server is not set up for it"),
    "57014": (Reason.TIMED_OUT, "the server took longer than statement_timeout"),
    "55P03": (Reason.TIMED_OUT, "the statement waited longer than lock_timeout"),
}

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Session:
    """A connection that is read-only and ends by itself when the sink's time is up."""

    connection: psycopg.Connection[object]
    sink: Sink
    is_pooled: bool
    pooling: Pooling
    _statements: int = 0
    _has_answered: bool = False
    _guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self._guard = Guard(self.connection, self._first_answer_s())

    @property
    def server_version(self) -> int:
        """Version as server_version_num: 150018."""
        return self.connection.info.server_version

    @property
    def statements_left(self) -> int:
        """How many statements may still be sent; a refused one may take a second one to clean up."""
        return max(0, MAX_STATEMENTS - self._statements - self.is_pooled)

    @property
    def port(self) -> int:
        """Port under which the server was reached."""
        return self.connection.info.port

    def notice_pooler(self, answering_pid: int) -> None:
        """Compare the server process that answers with the one announced at the start: a pooler swaps it."""
        self.is_pooled = self.is_pooled or answering_pid != self.connection.info.backend_pid

    @property
    def statements_sent(self) -> int:
        """How many statements the server has been sent."""
        return self._statements

    @property
    def calls_each(self) -> int:
        """How many calls one statement of ours is to pg_stat_statements."""
        return _POOLED_CALLS if self.is_pooled else 1

    def ask(
        self,
        name: str,
        row: type[T],
        parameters: Mapping[str, object] | None = None,
        extension: Extension | None = None,
    ) -> list[T] | Missing:
        """Run the named statement and return its rows, or why the server refused it.

        Nothing is sent when the statements are used up. Raises SourceFailed when the connection is lost.
        """
        import psycopg  # noqa: PLC0415 - costs 100 ms, needed only where there is a database

        if not self.statements_left:
            return Missing(Reason.ABSENT, f"{name}: not asked after {MAX_STATEMENTS} statements")
        sql = (
            statement(name, extension.server_version, extension.schema)
            if extension
            else statement(name, self.server_version)
        )
        try:
            rows: list[T] | Missing = self._run(sql, row, parameters)
        except psycopg.Error as error:
            if self.connection.closed or self.connection.broken or self._guard.has_cut:
                raise self._lost(error) from None
            self._leave_transaction()
            rows = _refusal(error, name)
        if not self._has_answered:
            self._has_answered = True
            self._guard.renew(self.sink.remaining() - HOME_S)
        return rows

    def close(self) -> None:
        """End the session. Never raises."""
        self._guard.close()

    def _first_answer_s(self) -> float:
        is_behind_pooler = self.is_pooled or self.pooling.is_pgbouncer
        return self.sink.remaining(POOLED_FIRST_ANSWER_S if is_behind_pooler else math.inf) - HOME_S

    def _run(self, sql: str, row: type[T], parameters: Mapping[str, object] | None) -> list[T]:
        from psycopg import ClientCursor  # noqa: PLC0415 - as above
        from psycopg.rows import class_row  # noqa: PLC0415 - as above

        self._count()
        if self.is_pooled:
            sql = f"{_POOLED_PREFIX}{sql}\n; ROLLBACK"
        # Parameters bound by the client keep each statement one simple query, as poolers like it.
        with ClientCursor(self.connection, row_factory=class_row(row)) as cursor:
            cursor.execute(sql.encode(), parameters)
            while cursor.description is None and cursor.nextset():
                pass
            return cursor.fetchall()

    def _count(self) -> None:
        self._statements += 1
        self.sink.requests += 1

    def _leave_transaction(self) -> None:
        """End the transaction that a refused statement left open (through a pooler only)."""
        import psycopg  # noqa: PLC0415 - as above
        from psycopg.pq import TransactionStatus  # noqa: PLC0415 - as above

        if self.connection.info.transaction_status is not TransactionStatus.IDLE:
            self._count()
            try:
                self.connection.rollback()
            except psycopg.Error as error:
                raise self._lost(error) from None

    def _lost(self, error: psycopg.Error) -> SourceFailed:
        if self._guard.has_cut and (self.is_pooled or self.pooling.is_pgbouncer):
            return self.pooling.starved("no answer to a statement of ours", is_told=False)
        if self._guard.has_cut:
            return SourceFailed(
                Reason.TIMED_OUT,
                "the server stopped answering in the middle of the session",
                hint="look whether the server is stopped, out of CPU or blocked on its disk",
            )
        said = no_statement(error.diag.message_primary or "the connection broke")
        failure = from_text(said)
        if failure is Failure.FULL:  # a pooler passes on what its own attempt was told
            self.sink.reading("db.connections.refused", 1)
        if failure is Failure.POOLER_ALONE:
            self.sink.reading("db.unreachable", 1)
            return as_source_failed(failure, said)
        if WAIT_TIMEOUT in said:
            return self.pooling.starved(said, is_told=True)
        return SourceFailed(Reason.FAILED, f"the session was lost: {said}", hint="look at the server's log")


def _refusal(error: psycopg.Error, name: str) -> Missing:
    said = no_statement(error.diag.message_primary or type(error).__name__)
    reason, meaning = _REFUSALS.get(error.sqlstate or "", (Reason.FAILED, "the server refused it"))
    return Missing(reason, f"{name}: {meaning}: {said}")
