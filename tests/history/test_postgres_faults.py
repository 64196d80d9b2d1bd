"""A database that is not there, refuses, is newer, or restarts: told without a secret, and gone on with."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from fastdiag.errors import HistoryError
from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep
from fastdiag.model.target import Secret
from tests.history.runs import run
from tests.stack.pgbouncer import CLIENT, PROGRAM, pgbouncer
from tests.stack.pgbouncer import INSTALL_HINT as POOLER_HINT
from tests.stack.ports import free_port
from tests.stack.postgres import APPLICATION, APPLICATION_PASSWORD, VISITOR, Cluster
from tests.stack.processes import MissingServerError


def place(dsn: str) -> HistoryPlace:
    return HistoryPlace(store=Secret(dsn), keep=Keep(age_s=1e9))


def trouble(dsn: str) -> HistoryError:
    with pytest.raises(HistoryError) as caught:
        open_store(place(dsn))
    return caught.value


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    error = trouble(f"postgresql://shop:s3cret-word@127.0.0.1:{free_port()}/shop")
    assert error.where is not None
    assert error.where.startswith("postgresql://shop@127.0.0.1:")
    assert "Connection refused" in error.message
    assert "s3cret-word" not in str(error)


def test_a_wrong_password_is_told_and_not_shown(database: Secret) -> None:
    error = trouble(database.reveal().replace(APPLICATION_PASSWORD, "wr0ng-word"))
    assert "password authentication failed" in error.message
    assert "wr0ng-word" not in str(error)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://shop:p@ss:word@[::1/shop",
        "postgresql://shop:p?hunter2@db/shop",
        "host=db port='5432 password=hunter2",
    ],
)
def test_a_dsn_that_is_none_is_not_quoted(dsn: str) -> None:
    error = trouble(dsn)
    assert "libpq does not understand the DSN" in error.message
    assert "hunter2" not in str(error)
    assert "p@ss" not in str(error)


def test_an_address_as_applications_write_it_is_understood(database: Secret) -> None:
    with closing(
        open_store(place(database.reveal().replace("postgresql://", "postgresql+asyncpg://")))
    ) as store:
        assert store.where.startswith("postgresql://shop@127.0.0.1:")
        assert APPLICATION_PASSWORD not in store.where


def test_a_role_without_rights_is_told_what_to_grant(database: Secret, postgres_server: Cluster) -> None:
    name = database.reveal().rpartition("/")[2]
    error = trouble(postgres_server.dsn(VISITOR, name))
    assert "permission denied" in error.message
    assert str(error.hint).startswith("GRANT CREATE ON SCHEMA public")


def test_a_standby_is_told_as_one(database: Secret) -> None:
    error = trouble(f"{database.reveal()}?options=-c%20default_transaction_read_only%3Don")
    assert "read-only transaction" in error.message
    assert "target_session_attrs=read-write" in str(error.hint)


def test_tables_of_a_newer_fastdiag_are_refused(database: Secret) -> None:
    open_store(HistoryPlace(store=database)).close()
    with psycopg.connect(database.reveal()) as session:
        session.execute("UPDATE fastdiag_history SET schema = 7")
    assert trouble(database.reveal()).message.startswith("a newer fastdiag has made these tables: schema 7")


def test_who_has_it_open_goes_on_after_the_server_has_ended_the_session(
    database: Secret, postgres_server: Cluster
) -> None:
    with closing(open_store(place(database.reveal()))) as store:
        first = store.add(run(1), "{}")
        with postgres_server.connect() as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'fastdiag history'"
            )
        second = store.add(run(2), "{}")
        assert [one.id for one in store.runs("shop")] == [second, first]


def test_a_table_that_somebody_locks_costs_a_bounded_wait(
    database: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdiag.history.postgres_session._LIMITS", "SET LOCAL lock_timeout = '200ms'")
    with (
        closing(open_store(place(database.reveal()))) as store,
        psycopg.connect(database.reveal()) as session,
    ):
        session.execute("LOCK fastdiag_run IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(HistoryError, match="lock timeout") as caught:
            store.add(run(1), "{}")
        assert "fastdiag_*" in str(caught.value.hint)
        session.rollback()
        assert store.add(run(1), "{}")


def test_a_schema_of_its_own_keeps_it_apart(database: Secret) -> None:
    with psycopg.connect(database.reveal()) as session:
        session.execute("CREATE SCHEMA health")
    own = f"{database.reveal()}?options=-c%20search_path%3Dhealth"
    with closing(open_store(place(own))) as store:
        store.add(run(1), "{}")
    with psycopg.connect(database.reveal()) as session:
        rows = session.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'fastdiag_run'").fetchall()
    assert rows == [("health",)]


def test_it_works_through_a_pooler_that_hands_each_transaction_to_another_session(
    database: Secret, postgres_server: Cluster
) -> None:
    if PROGRAM is None:
        raise MissingServerError(POOLER_HINT)
    name = database.reveal().rpartition("/")[2]
    login = f"{APPLICATION} password={APPLICATION_PASSWORD}"
    with (
        pgbouncer(postgres_server, query_wait_timeout=30, login=login) as pooler,
        closing(open_store(place(pooler.dsn(CLIENT, name)))) as one,
        closing(open_store(place(pooler.dsn(CLIENT, name)))) as other,
    ):
        ids = [store.add(run(step), "{}") for step in range(8) for store in (one, other)]
        assert sorted(kept.id for kept in one.runs("shop")) == ids
        assert other.prune(Keep(age_s=1.0)).runs == len(ids) - 1
