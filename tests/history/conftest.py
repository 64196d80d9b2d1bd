"""The same history in a file and in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep, Store
from fastdiag.model.target import Secret
from tests.stack.postgres import APPLICATION, Cluster

AGES = Keep(age_s=1e9)
"""Tests have their own calendar: nothing in it is too old."""


@pytest.fixture
def database(postgres_server: Cluster) -> Iterator[Secret]:
    name = postgres_server.create_database("SELECT")
    yield Secret(postgres_server.dsn(APPLICATION, name))
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> HistoryPlace:
    if request.param == "sqlite":
        return HistoryPlace(store=tmp_path / "state" / "history.sqlite", keep=AGES)
    return HistoryPlace(store=request.getfixturevalue("database"), keep=AGES)


@pytest.fixture
def store(place: HistoryPlace) -> Iterator[Store]:
    opened = open_store(place)
    yield opened
    opened.close()
