"""Managed services show by roles and functions of theirs; what they keep back and how things are granted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fastdiag.collectors.postgres.grants import Lack, advice, quoted_in
from fastdiag.collectors.postgres.managed import Provider
from tests.collectors.postgres.collecting import collected
from tests.stack.postgres import MONITOR, Cluster


@contextmanager
def made(cluster: Cluster, create: str, drop: str) -> Iterator[None]:
    with cluster.connect() as admin:
        admin.execute(create.encode())
        try:
            yield
        finally:
            admin.execute(drop.encode())


@pytest.mark.parametrize(
    ("create", "drop", "name", "reserved"),
    [
        ("CREATE ROLE rds_superuser", "DROP ROLE rds_superuser", "Amazon RDS", 2),
        (
            "CREATE FUNCTION aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '16.4'$$",
            "DROP FUNCTION aurora_version()",
            "Amazon Aurora",
            2,
        ),
        ("CREATE ROLE cloudsqlsuperuser", "DROP ROLE cloudsqlsuperuser", "Google Cloud SQL", 0),
        ("CREATE ROLE azure_pg_admin", "DROP ROLE azure_pg_admin", "Azure Database", 0),
    ],
)
def test_a_managed_service_is_recognised_and_its_slots_are_left_out(
    cluster: Cluster, create: str, drop: str, name: str, reserved: int
) -> None:
    with made(cluster, create, drop):
        brought = collected(cluster.dsn(MONITOR), deadline_s=1)
    assert (brought.state.target or "").endswith(f", {name}")
    assert brought.value("db.connections.usable") == cluster.usable_connections() - reserved


def test_a_view_that_the_service_does_not_support_costs_only_its_own_signals(cluster: Cluster) -> None:
    """Aurora raises FeatureNotSupported: here, one that does so stands in the place of the real view."""
    broken = """
        ALTER TABLE pg_catalog.pg_prepared_xacts RENAME TO pg_prepared_xacts_kept;
        CREATE FUNCTION pg_catalog.not_here() RETURNS timestamptz LANGUAGE plpgsql AS
            $$BEGIN RAISE feature_not_supported USING MESSAGE = 'not supported on this cluster'; END$$;
        CREATE VIEW pg_catalog.pg_prepared_xacts AS SELECT pg_catalog.not_here() AS prepared;
        GRANT SELECT ON pg_catalog.pg_prepared_xacts TO PUBLIC;
    """
    mended = """
        DROP VIEW pg_catalog.pg_prepared_xacts;
        DROP FUNCTION pg_catalog.not_here();
        ALTER TABLE pg_catalog.pg_prepared_xacts_kept RENAME TO pg_prepared_xacts;
    """
    allowed = "SET allow_system_table_mods = on; "
    with made(cluster, allowed + broken, mended):
        brought = collected(cluster.dsn(MONITOR), deadline_s=1)
    longest = brought.readings["db.transactions.longest"]
    assert "this server does not support it: not supported on this cluster" in (longest.bias or "")
    assert brought.value("db.locks.waiting") == 0
    assert brought.state.status == "ok"


def test_a_refused_counter_view_is_denied(cluster: Cluster) -> None:
    with (
        made(
            cluster,
            "REVOKE SELECT ON pg_stat_database FROM PUBLIC",
            "GRANT SELECT ON pg_stat_database TO PUBLIC",
        ),
        made(cluster, "CREATE ROLE outsider LOGIN", "DROP ROLE outsider"),
    ):
        brought = collected(cluster.dsn("outsider"))
    for signal in ("db.transactions.rate", "db.transactions.rolled_back.ratio", "db.locks.deadlocks"):
        assert str(brought.missing[signal]).startswith("denied: counters: the role may not read it")
    assert brought.value("db.connections.usable") == cluster.usable_connections()


def test_advice_is_exact_for_the_server_at_hand() -> None:
    everything = (Lack.VISIBILITY, Lack.RESERVED_SLOT, Lack.LIBRARY, Lack.ACTIVITY)
    assert advice('"Eve"', 160004, everything, preloaded="auto_explain") == (
        'GRANT pg_monitor TO "Eve";',
        'GRANT pg_use_reserved_connections TO "Eve";',
        "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements';",
        "restart the server",
        "CREATE EXTENSION pg_stat_statements;",
        "ALTER SYSTEM SET track_activities = on;",
    )


@pytest.mark.parametrize(
    ("provider", "steps"),
    [
        (
            Provider.RDS,
            ("add pg_stat_statements to shared_preload_libraries in the parameter group and reboot",),
        ),
        (Provider.CLOUD_SQL, ()),
        (
            Provider.AZURE,
            (
                "add pg_stat_statements to the server parameter shared_preload_libraries and restart",
                "add pg_stat_statements to the server parameter azure.extensions",
            ),
        ),
    ],
)
def test_a_managed_service_has_a_way_of_its_own(provider: Provider, steps: tuple[str, ...]) -> None:
    found = advice("shop", 150000, {Lack.LIBRARY, Lack.RESERVED_SLOT}, provider=provider)
    assert found == (*steps, "CREATE EXTENSION pg_stat_statements;")  # no reserved slots before 16


def test_what_is_loaded_is_kept_even_when_it_is_not_known() -> None:
    (first, *_) = advice("shop", 150000, {Lack.LIBRARY})
    assert first.endswith("/* keep what SHOW shared_preload_libraries lists */;")


def test_the_sql_of_hints_is_found_in_them() -> None:
    texts = [
        "denied: role v may not see 3 of 4 connections: GRANT pg_monitor TO v;",
        "pg_stat_statements is not loaded: ALTER SYSTEM SET a = 'b'; restart the server; CREATE EXTENSION c;",
        "GRANT pg_monitor TO v; and nothing else",
        "grants are good",
    ]
    assert quoted_in(texts) == ("GRANT pg_monitor TO v;", "ALTER SYSTEM SET a = 'b';", "CREATE EXTENSION c;")
