"""The statements fit every supported major version, also those that cannot be installed where tests run."""

from importlib.resources import files

import pytest

from fastdiag.collectors.postgres.queries import statement
from tests.collectors.postgres.column_lists import EXTENSION, MAJORS, known, names_in, read
from tests.stack.postgres import Cluster

SCHEMA = "{schema}"
STATEMENTS = sorted(
    {file.name.rpartition("_")[0] for file in (files("fastdiag.collectors") / "queries").iterdir()} - {""}
)


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_refers_only_to_what_its_server_has(name: str, major: int) -> None:
    sql = statement(name, major * 10000, SCHEMA)
    assert known(major).lacks(names_in(sql)) == set()


@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        (statement("backends", 140000), {"query_id"}),
        (statement("lock_waits", 140000), {"waitstart"}),
        (statement("statements", 130000, SCHEMA), {"total_exec_time"}),
        ("SELECT pid AS query_idd FROM pg_catalog.pg_stat_activity ORDER BY query_idd", {"query_idd"}),
        ("SELECT pg_stat_get_backend_subxact(pid) FROM pg_catalog.pg_stat_activity", None),
        ("SELECT num_timed FROM pg_catalog.pg_stat_checkpointer", None),
    ],
)
def test_what_a_server_of_12_does_not_have_is_noticed(sql: str, missing: set[str] | None) -> None:
    found = known(12).lacks(names_in(sql))
    assert found == missing if missing is not None else found


def test_the_list_of_the_installed_version_is_true(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
        major, found = session.info.server_version // 10000, read(session)
    if major not in MAJORS:
        pytest.skip(f"no list of version {major} is committed")
    assert found == known(major)


def test_the_extension_of_an_upgraded_server_is_asked_as_it_is() -> None:
    """pg_upgrade leaves an extension as it was: its version counts, and not the server's."""
    assert "total_time" in statement("statements", 120000)
    assert "toplevel" not in statement("statements", 130000)
    assert "toplevel" in statement("statements", 180004)
