"""A PgBouncer between a real service and its database, with nothing configured but the service itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from fastdiag.collectors import pgbouncer as source
from fastdiag.collectors import postgres, processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.config import Settings
from fastdiag.discovery import Found, discover
from fastdiag.model.target import Secret
from tests.collectors.watching import DEPOT, value
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.pgbouncer import CLIENT, INSTALL_HINT, POOL_SIZE, PROGRAM, WATCHER, Pooler, pgbouncer
from tests.stack.ports import LOOPBACK
from tests.stack.postgres import Cluster

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc"),
    pytest.mark.skipif(PROGRAM is None, reason=INSTALL_HINT),
]


@pytest.fixture(scope="module")
def before(cluster: Cluster) -> Iterator[Pooler]:
    with pgbouncer(cluster, query_wait_timeout=60) as running:
        yield running


@contextmanager
def service(
    directory: Path, *, dsn: str | None = None, connected_to: int | None = None
) -> Iterator[AppServer]:
    """Run a service with that DSN in its environment, and with two connections to that port."""
    environment = {"DATABASE_URL": dsn} if dsn else {}
    with app_server(
        DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1, environment=environment
    ) as app:
        if connected_to:
            httpx.get(f"{app.url}/dial?port={connected_to}&count=2").raise_for_status()
        yield app


def find(app: AppServer, **settings: object) -> Found:
    return discover(Settings(pid=app.pid, deadline_s=3.0, **settings), slow_s=1.0)  # type: ignore[arg-type]


def asked(found: Found, *names: str) -> dict[str, Gathered]:
    known = {"pgbouncer": source.collect, "postgres": postgres.collect, "processes": processes.collect}
    gathered = gather(found.target, shipped(), {name: known[name] for name in names})
    return {one.state.name: one for one in gathered}


def test_the_services_own_login_may_be_enough(before: Pooler, tmp_path: Path) -> None:
    with service(tmp_path, dsn=before.dsn(WATCHER)) as app:
        found = find(app)
    assert found.target.pgbouncer is not None
    assert not any("PgBouncer" in note for note in found.notes)
    console = asked(found, "pgbouncer")["pgbouncer"]
    assert value(console, "db.pgbouncer.clients.limit") == 50


def test_where_another_has_to_ask_the_option_is_proposed(before: Pooler, tmp_path: Path) -> None:
    with service(tmp_path, dsn=before.dsn(CLIENT)) as app:
        found = find(app)
    assert found.target.pgbouncer is None
    (note,) = [note for note in found.notes if "PgBouncer" in note]
    assert f"--pgbouncer postgresql://{WATCHER}@{LOOPBACK}:{before.port}/pgbouncer" in note
    assert (LOOPBACK, before.port) in found.target.poolers


def test_sockets_lead_to_the_pooler_where_no_dsn_is_known(
    before: Pooler, cluster: Cluster, tmp_path: Path
) -> None:
    with service(tmp_path, connected_to=before.port) as app:
        found = find(app)
        seen = asked(found, "processes")["processes"]
    assert any(f":{before.port}/pgbouncer" in note for note in found.notes)
    assert value(seen, "db.pooled") == 1
    (tmp_path / "direct").mkdir()
    with service(tmp_path / "direct", connected_to=cluster.port) as app:
        found = find(app)
        seen = asked(found, "processes")["processes"]
    assert not any("PgBouncer" in note for note in found.notes)
    assert value(seen, "db.pooled") == 0


def test_a_full_pool_is_seen_from_the_dsn_of_the_service_alone(before: Pooler, tmp_path: Path) -> None:
    with service(tmp_path, dsn=before.dsn(CLIENT)) as app, ExitStack() as taken:
        for _ in range(POOL_SIZE):
            session = psycopg.connect(before.dsn(CLIENT), prepare_threshold=None)
            taken.enter_context(closing(session)).execute("SELECT 1")
        found = find(app)
        seen = asked(found, "postgres")["postgres"]
    assert found.target.is_own_database
    assert "this DSN leads to a PgBouncer whose pool gives no connection" in (seen.state.error or "")
    assert (value(seen, "db.pooled"), value(seen, "db.pooled.stalled")) == (1, 1)
    assert seen.readings["db.pooled"].is_trusted


@pytest.mark.parametrize("named", ["own", "connected", "neither"])
def test_a_given_dsn_is_the_services_own_where_the_service_shows_it(
    named: str, cluster: Cluster, tmp_path: Path
) -> None:
    dsn = cluster.dsn() if named == "own" else None
    with service(tmp_path, dsn=dsn, connected_to=cluster.port if named == "connected" else None) as app:
        given = f"host=localhost port={cluster.port} user=watcher dbname=other"
        target = find(app, postgres=Secret(given)).target
    assert target.is_own_database is (named != "neither")
