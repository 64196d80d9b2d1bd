"""PgBouncer's console: a pool that is too small is told from one that cannot reach its server."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg
import pytest

from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.pgbouncer import collect, console_behind
from fastdiag.collectors.pgbouncer.console import Console
from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.look import Look
from fastdiag.model.signal import Part, Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.model.target import Secret, Target
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.collectors.pgbouncer.conftest import clients
from tests.metrics.catalogue import shipped
from tests.stack.pgbouncer import CLIENT, PASSWORD, POOL_SIZE, WATCHER, Pooler, pgbouncer
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import MONITOR, Cluster, postgres
from tests.stack.waiting import wait_until

NOBODY = "nobody_special"  # no superuser, for whom slots are kept


def collected(dsn: str | None, *, deadline_s: float = 2.5) -> Gathered:
    target = Target(pgbouncer=None if dsn is None else Secret(dsn), deadline_s=deadline_s)
    (found,) = gather(target, shipped(), {"pgbouncer": collect})
    return found


def values(found: Gathered) -> Mapping[str, float | None]:
    return {name.removeprefix("db.pgbouncer."): reading.value for name, reading in found.readings.items()}


def of_database(parts: tuple[Part, ...], database: str) -> float:
    return sum(part.value for part in parts if dict(part.labels)["database"] == database)


def derived(found: Gathered, signal: str) -> Reading:
    taken = Snapshot(
        service="shop", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=found.readings, missing={}
    )
    reading = Look(taken, load_rulebook(builtin_rules())).reading(signal)
    assert isinstance(reading, Reading)
    return reading


def test_a_pool_that_is_too_small(pooler: Pooler) -> None:
    with clients(pooler, POOL_SIZE + 3, waiting=3):
        found = collected(pooler.console())

    seen = values(found)
    assert (seen["clients.waiting"], seen["clients.stranded"]) == (3, 0)
    assert (seen["clients.active"], seen["servers.active"], seen["servers.idle"]) == (POOL_SIZE, POOL_SIZE, 0)
    assert seen["servers.limit"] == POOL_SIZE
    assert (seen["wait.longest"] or 0) > 0
    assert derived(found, "db.pgbouncer.servers.utilization").value == 1
    assert found.state.status == "ok"
    assert found.state.error is None


def test_a_pool_that_cannot_reach_its_server(pooler: Pooler) -> None:
    with clients(pooler, 2, "dead", waiting=2):
        found = collected(pooler.console())

    seen = values(found)
    assert (seen["clients.waiting"], seen["clients.stranded"], seen["servers.total"]) == (2, 2, 0)
    assert of_database(found.readings["db.pgbouncer.clients.stranded"].by, "dead") == 2
    assert "times no wait" in found.missing["db.pgbouncer.wait.longest"].detail  # and it is not 0


def test_a_pool_at_rest_and_what_went_through_it(pooler: Pooler) -> None:
    with closing(psycopg.connect(pooler.dsn(), autocommit=True, prepare_threshold=None)) as session:
        session.execute("SELECT 1")
        found = collected(pooler.console())

    seen = values(found)
    assert (seen["clients.waiting"], seen["wait.longest"], seen["servers.active"]) == (0, 0, 0)
    assert (seen["servers.idle"], seen["servers.total"], seen["clients.limit"]) == (1, 1, 50)
    assert found.readings["db.queries.rate"].value == 0
    assert found.missing["db.queries.mean"].reason == "absent"
    assert derived(found, "db.pgbouncer.clients.utilization").value == 2 / 50  # the session, and we


def test_before_any_client_there_is_no_limit_and_no_wait(pooler: Pooler) -> None:
    found = collected(pooler.console())
    assert found.readings["db.pgbouncer.clients.waiting"].value == 0
    assert found.missing["db.pgbouncer.servers.limit"].reason == "absent"


def test_one_sample_is_no_evidence_of_a_queue_that_lasts(pooler: Pooler) -> None:
    with clients(pooler, POOL_SIZE + 1, waiting=1):
        found = collected(pooler.console(), deadline_s=0.8)
    waiting = found.readings["db.pgbouncer.clients.waiting"]
    assert (waiting.value, waiting.is_trusted) == (1, False)
    assert found.missing["db.transactions.rate"].reason == "absent"


def test_who_may_not_look_is_told_what_to_grant(pooler: Pooler) -> None:
    found = collected(pooler.console(CLIENT))
    assert found.state.status == "failed"
    assert found.state.hint == f"add {CLIENT} to stats_users in pgbouncer.ini and RELOAD"
    assert {missing.reason for missing in found.missing.values()} == {"denied"}


def test_a_wrong_password_is_denied_and_not_shown(pooler: Pooler) -> None:
    found = collected(pooler.console().replace(PASSWORD, "hunter2-secret"))
    assert {missing.reason for missing in found.missing.values()} == {"denied"}
    assert "hunter2" not in f"{found.state} {found.missing}"


def test_the_server_itself_is_not_taken_for_a_pooler(cluster: Cluster) -> None:
    found = collected(cluster.dsn(MONITOR))
    assert "not the console of PgBouncer" in (found.state.error or "")
    found = collected(cluster.dsn(MONITOR, "pgbouncer"))
    assert "must lead to PgBouncer" in (found.state.hint or "")


def test_nothing_listens() -> None:
    found = collected(f"postgresql://{WATCHER}@{LOOPBACK}:{free_port()}/pgbouncer")
    assert found.state.status == "failed"
    assert "nothing listens there" in (found.state.error or "")


def test_without_a_dsn_it_is_skipped() -> None:
    found = collected(None)
    assert found.state.status == "skipped"
    assert "--pgbouncer" in (found.state.hint or "")


def test_a_stopped_pooler_is_told_in_time_and_what_it_said_is_kept(
    pooler: Pooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops before the pools are asked for a second time."""
    asked: list[str] = []
    show = Console.show

    def stopping(console: Console, what: str) -> object:
        if what in asked:
            os.kill(pooler.server.pid, signal.SIGSTOP)
        asked.append(what)
        return show(console, what)

    monkeypatch.setattr(Console, "show", stopping)
    try:
        found = collected(pooler.console())
    finally:
        os.kill(pooler.server.pid, signal.SIGCONT)
    assert "stopped answering" in (found.state.error or "")
    assert found.readings["db.pgbouncer.clients.waiting"].value == 0
    assert found.state.status == "partial"


def test_only_show_is_ever_sent() -> None:
    with pytest.raises(ValueError, match="SHUTDOWN"):
        Console.show.__get__(object())("SHUTDOWN")


@pytest.mark.parametrize(
    ("dsn", "user"),
    [
        ("postgresql://shop:pw@db:6432/orders", "shop"),
        ("postgresql://shop:pw@db:5432/orders", None),
        ("mysql://shop@db:6432/orders", None),
    ],
)
def test_the_console_is_looked_for_behind_a_dsn_with_its_port(dsn: str, user: str | None) -> None:
    found = console_behind(Secret(dsn))
    given = psycopg.conninfo.conninfo_to_dict(found.reveal()) if found else {}
    assert (given.get("user"), given.get("dbname")) == (user, "pgbouncer" if user else None)


@pytest.fixture(scope="module")
def tight() -> Iterator[Cluster]:
    """Start a server that is soon full."""
    with postgres(max_connections=12) as running:
        with running.connect() as session:
            session.execute(f"CREATE ROLE {NOBODY} LOGIN".encode())
        yield running


def verdict(*found: Gathered) -> str:
    """Return the cause that stands first."""
    taken = Snapshot(
        service="shop",
        taken_at="2026-01-01T00:00:00Z",
        window_s=300,
        readings={name: reading for one in found for name, reading in one.readings.items()},
        missing={},
    )
    causes = diagnose(taken, load_rulebook(builtin_rules())).causes
    return causes[0].id if causes else "none"


def test_a_pool_that_is_too_small_is_told_from_one_before_a_full_server(tight: Cluster) -> None:
    with pgbouncer(tight, query_wait_timeout=30) as pooler, clients(pooler, POOL_SIZE + 3, waiting=3):
        small = collected(pooler.console())
    with (
        ExitStack() as others,
        pgbouncer(tight, login=NOBODY, admin=WATCHER, query_wait_timeout=30) as pooler,
    ):

        def fill() -> None:
            tell(pooler, "RECONNECT")
            wait_until(lambda: tight.connections() == 0, what="its own have gone", within_s=10)
            others.enter_context(every_slot_of(tight))

        with clients(pooler, 3, waiting=3, meanwhile=fill):
            full = collected(pooler.console())

    assert verdict(small) == "pgbouncer-pool-exhaustion"
    seen = values(full)
    assert (seen["clients.waiting"], seen["clients.stranded"], seen["servers.total"]) == (3, 3, 0)
    assert verdict(full) == "db-connection-limit"


@contextmanager
def every_slot_of(cluster: Cluster) -> Iterator[None]:
    """Take every slot that ordinary roles may use.

    A refusal does not say that all are ours: a session that ends leaves the list before it leaves its slot.
    """
    usable, taken = cluster.usable_connections(), 0
    with ExitStack() as sessions:

        def take() -> bool:
            nonlocal taken
            with suppress(psycopg.OperationalError):
                while taken < usable:
                    sessions.enter_context(psycopg.connect(cluster.dsn(NOBODY), autocommit=True))
                    taken += 1
            return taken == usable

        wait_until(take, what=f"{usable} sessions hold every slot", within_s=10)
        yield


def test_a_paused_database_is_told_and_is_no_pool_that_is_too_small(cluster: Cluster) -> None:
    with pgbouncer(cluster, query_wait_timeout=30, admin=WATCHER) as pooler:
        with closing(psycopg.connect(pooler.dsn(), autocommit=True, prepare_threshold=None)) as session:
            session.execute("SELECT 1")
        tell(pooler, "PAUSE postgres")
        with clients(pooler, 2, waiting=2):
            found = collected(pooler.console())

    assert found.readings["db.pgbouncer.paused"].value == 1
    assert of_database(found.readings["db.pgbouncer.paused"].by, "postgres") == 1
    assert "RESUME" in (found.state.hint or "")
    assert verdict(found) == "pgbouncer-pool-exhaustion"


def test_clients_beyond_its_limit(cluster: Cluster) -> None:
    with pgbouncer(cluster, query_wait_timeout=30, max_clients=6) as pooler, clients(pooler, 5, waiting=3):
        found = collected(pooler.console())
    assert derived(found, "db.pgbouncer.clients.utilization").value == 1
    assert verdict(found) == "pgbouncer-pool-exhaustion"


def tell(pooler: Pooler, words: str) -> None:
    """Let the administrator say something in the console."""
    with (
        closing(psycopg.connect(pooler.console(), autocommit=True, prepare_threshold=None)) as console,
        psycopg.ClientCursor(console) as cursor,
    ):
        cursor.execute(words.encode())
