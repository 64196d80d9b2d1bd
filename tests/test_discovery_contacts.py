"""Which places a DSN names: what tells the service's own database from any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.config import Settings
from fastdiag.discovery.background import find_background
from fastdiag.discovery.contacts import contacts_of, is_own, places_of
from fastdiag.discovery.homes import Home
from fastdiag.discovery.search import Search
from fastdiag.host.proc import Proc
from fastdiag.model.target import Secret


@pytest.mark.parametrize(
    ("dsn", "places"),
    [
        ("postgresql://shop:p%40ss@db:5433/shop?sslmode=require", [("db", 5433)]),
        ("postgresql+asyncpg://shop@DB.internal/shop", [("db.internal", 5432)]),
        ("postgresql://shop@[::1]:6000/shop", [("127.0.0.1", 6000)]),
        ("postgresql://shop@a:1,b:2/shop", [("a", 1), ("b", 2)]),
        ("host=localhost port=5433 user=shop", [("127.0.0.1", 5433)]),
        ("user=shop host='a,b' port=7", [("a", 7), ("b", 7)]),
        ("postgresql://shop@/shop?host=/run/postgresql", []),
        ("postgresql://shop@/shop?host=db&port=5433", [("db", 5433)]),
        ("host=/run/postgresql dbname=shop", []),
        ("postgresql://[::1", []),
        ("nonsense", []),
    ],
)
def test_the_places_that_a_dsn_names(
    dsn: str, places: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    assert list(places_of(Secret(dsn))) == places


def test_what_a_dsn_leaves_out_is_taken_from_where_libpq_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db")
    monkeypatch.setenv("PGPORT", "5434")
    assert list(places_of(Secret("postgresql://"))) == [("db", 5434)]


def test_a_socket_in_a_dsn_is_no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db")
    assert not list(places_of(Secret("postgresql://shop@/shop?host=/run/postgresql")))


def test_what_the_services_dsn_leaves_out_is_not_taken_from_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "db")
    at_a_socket = Home(pid=1, environ={"DATABASE_URL": "postgresql:///shop"}, is_apart=False)
    there = Home(pid=1, environ={"DATABASE_URL": "postgresql:///shop", "PGHOST": "db"}, is_apart=False)
    assert not is_own(Secret("postgresql://fastdiag@db/shop"), [at_a_socket], None)
    assert is_own(Secret("postgresql://fastdiag@db/shop"), [there], None)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DATABASE_URL": "postgresql://shop@db:5433/shop"}, True),
        ({"SHOP_DSN": "postgres://other@db:5433/other"}, True),
        ({"POSTGRES_HOST": "db", "POSTGRES_PORT": "5433"}, True),
        ({"POSTGRES_HOST": "db"}, False),
        ({"DATABASE_URL": "postgresql://shop@db:5432/shop"}, False),
        ({"NOTE": "postgres is at db:5433"}, False),
        ({}, False),
    ],
)
def test_a_database_that_the_environment_names_is_the_services_own(
    environ: dict[str, str], *, expected: bool
) -> None:
    home = Home(pid=1, environ=environ, is_apart=False)
    assert is_own(Secret("postgresql://fastdiag@db:5433/postgres"), [home], None) is expected


def test_localhost_of_a_container_is_not_ours() -> None:
    home = Home(pid=1, environ={"DATABASE_URL": "postgresql://shop@localhost:5433/shop"}, is_apart=True)
    assert not is_own(Secret("postgresql://fastdiag@localhost:5433/shop"), [home], None)


def test_a_socket_to_the_port_stands_for_a_host_that_only_a_name_service_knows() -> None:
    contacts = frozenset({("10.0.0.7", 5433)})
    assert is_own(Secret("postgresql://fastdiag@db.internal:5433/shop"), [], contacts)
    assert is_own(Secret("postgresql://fastdiag@10.0.0.7:5433/shop"), [], contacts)
    assert not is_own(Secret("postgresql://fastdiag@10.0.0.8:5433/shop"), [], contacts)
    assert not is_own(Secret("postgresql://fastdiag@db.internal:5432/shop"), [], contacts)


def test_without_a_server_nobody_is_in_touch() -> None:
    assert contacts_of(None, Proc()) is None


def test_a_broker_that_the_service_uses_and_nobody_may_ask_is_noted() -> None:
    def notes_of(*contacts: tuple[str, int], **settings: object) -> list[str]:
        search = Search(settings=Settings(**settings), proc=Proc(Path("/nowhere")), origin={})  # type: ignore[arg-type]
        find_background(search, (), frozenset(contacts))
        return search.notes

    (note,) = notes_of(("10.0.0.9", 5672), ("10.0.0.8", 443))
    assert "--queue amqp://USER:PASSWORD@10.0.0.9" in note
    assert "amqps://" in notes_of(("10.0.0.9", 5671))[0]
    assert not notes_of(("10.0.0.8", 443))
    assert not notes_of(("10.0.0.9", 5672), queues=(Secret("amqp://shop@10.0.0.9"),))
