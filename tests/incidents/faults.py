"""What the world does to a service: more users, slow partners, sessions that lock rows or take every slot."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Final

import psycopg

from tests.incidents.stage import Stage
from tests.stack.load import Load, Route, load
from tests.stack.postgres import APPLICATION

RECONNECT_EVERY_S: Final = 0.05


@contextmanager
def nothing(_: Stage) -> Iterator[None]:
    """Leave everything as it is."""
    yield


def more_users(
    stage: Stage, *routes: Route, timeout_s: float = 10.0, max_in_flight: int = 60
) -> AbstractContextManager[Load]:
    """Other clients begin to send requests beside the usual traffic."""
    return load(stage.app.url, routes, stage.directory, timeout_s=timeout_s, max_in_flight=max_in_flight)


@contextmanager
def slow_upstream(stage: Stage, *, seconds: float) -> Iterator[None]:
    """Let the upstream begin to take its time."""
    stage.upstream.answer_in(seconds)
    yield


@contextmanager
def upstream_changed(stage: Stage, **manner: float) -> Iterator[None]:
    """Let the upstream begin to answer in another manner (`Manner` in upstream_process.py names them)."""
    stage.upstream.change(**manner)
    yield


@contextmanager
def upstream_gone(stage: Stage) -> Iterator[None]:
    """Let the upstream end, so that connections to it are refused."""
    stage.upstream.go_away()
    yield


@contextmanager
def open_transaction(stage: Stage, statement: str, *, application_name: str) -> Iterator[None]:
    """Let a session run a statement and leave its transaction open, as a script that awaits a person does."""
    dsn = stage.cluster.dsn(APPLICATION, stage.database)
    with psycopg.connect(dsn, application_name=application_name) as session:
        session.execute(statement.encode())
        yield
        session.rollback()


@contextmanager
def statement_in_background(stage: Stage, statement: str, *, application_name: str) -> Iterator[None]:
    """Let a session wait in a statement; on leaving, the statement is cancelled and the session closed."""
    dsn = stage.cluster.dsn(APPLICATION, stage.database)
    with psycopg.connect(dsn, application_name=application_name) as session:
        waiting = threading.Thread(target=_until_cancelled, args=(session, statement), daemon=True)
        waiting.start()
        try:
            yield
        finally:
            session.cancel_safe()
            waiting.join(10)
            session.rollback()


def _until_cancelled(session: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        session.execute(statement.encode())


@contextmanager
def every_slot_taken(stage: Stage, *, application_name: str) -> Iterator[None]:
    """Let another service open sessions until the server refuses, and take every slot that becomes free."""
    leave = threading.Event()
    taker = threading.Thread(target=_take_slots, args=(stage, application_name, leave), daemon=True)
    taker.start()
    try:
        yield
    finally:
        leave.set()
        taker.join(10)


def _take_slots(stage: Stage, application_name: str, leave: threading.Event) -> None:
    dsn = stage.cluster.dsn(APPLICATION, "postgres")
    with ExitStack() as sessions:
        while not leave.is_set():
            with suppress(psycopg.OperationalError):
                sessions.enter_context(
                    psycopg.connect(dsn, application_name=application_name, autocommit=True)
                )
                continue
            leave.wait(RECONNECT_EVERY_S)
