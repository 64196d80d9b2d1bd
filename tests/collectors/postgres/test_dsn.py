"""Every way in which applications write a DSN leads to the connection that they meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from fastdiag.collectors.postgres import libpq_dsn
from fastdiag.collectors.sink import SourceFailed

PLACE = {"user": "shop", "password": "pw", "host": "db", "port": "5433", "dbname": "orders"}


@pytest.mark.parametrize(
    ("dsn", "meant"),
    [
        ("postgresql://shop:pw@db:5433/orders", PLACE),
        ("postgres://shop:pw@db:5433/orders", PLACE),
        ("postgresql+asyncpg://shop:pw@db:5433/orders", PLACE),
        ("postgresql+psycopg2://shop:pw@db:5433/orders", PLACE),
        ("POSTGRESQL+psycopg://shop:pw@db:5433/orders", PLACE),
        ("host=db port=5433 user=shop password=pw dbname=orders", PLACE),
        ("postgresql://shop@/orders?host=/run/postgresql", {"user": "shop", "host": "/run/postgresql"}),
        ("postgresql://%2Frun%2Fpostgresql/orders", {"host": "/run/postgresql", "dbname": "orders"}),
        ("postgresql://[::1]:5433/orders", {"host": "::1", "port": "5433"}),
        ("postgresql://a:1,b:2/orders", {"host": "a,b", "port": "1,2"}),
        ("postgresql:///orders?host=a:1&host=b:2", {"host": "a,b", "port": "1,2"}),
        ("postgresql://db/orders?options=-csearch_path%3Dshop", {"options": "-csearch_path=shop"}),
        ("postgresql://db", {"host": "db"}),
    ],
)
def test_is_understood(dsn: str, meant: dict[str, str]) -> None:
    understood = conninfo_to_dict(libpq_dsn(dsn))
    assert meant.items() <= understood.items()


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("ssl=require", {"sslmode": "require"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=verify-full&sslrootcert=/ca.pem", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}),
        ("ssl=false", {"sslmode": "disable"}),
        ("ssl=require&sslmode=verify-ca", {"sslmode": "verify-ca"}),
        ("ssl=<SSLContext>", {}),
        ("prepared_statement_cache_size=0&pool_size=5&pgbouncer=true&schema=public", {}),
    ],
)
def test_arguments_of_other_drivers_are_translated_or_left_out(query: str, meant: dict[str, str]) -> None:
    understood = conninfo_to_dict(libpq_dsn(f"postgresql+asyncpg://db/orders?{query}"))
    assert understood == {"host": "db", "dbname": "orders", **meant}


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p:ss", "p#ss", "p'ss", "p\\ss", "p ss", "@@//"])
def test_a_password_survives_unencoded(password: str) -> None:
    understood = conninfo_to_dict(libpq_dsn(f"postgresql://shop:{password}@db/orders"))
    assert (understood["password"], understood["host"]) == (password, "db")


words = st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable())


@given(user=words, password=words, database=words)
def test_agrees_with_sqlalchemy_on_what_sqlalchemy_writes(user: str, password: str, database: str) -> None:
    written = make_url("postgresql+psycopg://").set(
        username=user,
        password=password,
        host="db",
        database=database.replace("?", "").replace("@", "") or "x",
    )
    understood = conninfo_to_dict(libpq_dsn(written.render_as_string(hide_password=False)))
    assert (understood["user"], understood["password"], understood["host"]) == (user, password, "db")


@pytest.mark.parametrize(
    ("dsn", "word"),
    [
        ("mysql://shop:hunter2@db/orders", "mysql://"),
        ("sqlite+aiosqlite:///hunter2.db", "sqlite://"),
        ("hunter2", "cannot be understood"),
        ("postgresql://shop:hunter2?@db:5432/orders", "cannot be understood"),
        ("postgresql://shop:hunter2", "cannot be understood"),
        ("", "cannot be understood"),
    ],
)
def test_what_is_no_dsn_is_refused_without_quoting_it(dsn: str, word: str) -> None:
    with pytest.raises(SourceFailed, match=word) as refused:
        libpq_dsn(dsn)
    assert refused.value.hint
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"
