"""What ran between the samples: statements, transactions, deadlocks; and how to make them visible."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from fastdiag.collectors.postgres.counters import report_counters
from fastdiag.collectors.postgres.rows import Counters, StatementCounts
from fastdiag.collectors.postgres.statement_text import MAX_QUERY_CHARS, shown
from fastdiag.collectors.postgres.statements import Activity, compare
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing
from tests.collectors.postgres.collecting import catalogue, collected
from tests.collectors.postgres.conftest import OpenSession, Session
from tests.stack.postgres import APPLICATION, MONITOR, VISITOR, Cluster, postgres

EACH_S = 0.005


@contextmanager
def repeating(*statements: tuple[Session, str]) -> Iterator[None]:
    """Run statements again and again, each in its own session."""
    stop = threading.Event()

    def repeat(session: Session, statement: str) -> None:
        while not stop.wait(EACH_S):
            session.execute(statement.encode())

    threads = [threading.Thread(target=repeat, args=one, daemon=True) for one in statements]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


@pytest.fixture
def counted(cluster: Cluster, database: str) -> str:
    """Create the extension in the test's database, in a schema that is on nobody's search path."""
    with cluster.connect(database=database) as admin:
        admin.execute('CREATE SCHEMA "the stats"; CREATE EXTENSION pg_stat_statements SCHEMA "the stats"')
        admin.execute('GRANT USAGE ON SCHEMA "the stats" TO PUBLIC')
    return database


def test_the_statement_of_an_n_plus_1_stands_out(
    cluster: Cluster, counted: str, open_session: OpenSession
) -> None:
    lazy = open_session("web", APPLICATION), "SELECT stock FROM products WHERE id = 4111"
    slow = open_session("web", APPLICATION), "SELECT pg_sleep(0.2), 'secret-card'"
    with repeating(lazy, slow):
        brought = collected(cluster.dsn(MONITOR, counted))

    (most,) = brought.parts("db.queries.top.rate", query="SELECT stock FROM products WHERE id = $1")
    assert brought.value("db.queries.top.rate") == most.value > 20
    assert (brought.value("db.queries.rate") or 0) >= most.value
    (costly,) = brought.parts("db.queries.top.share", query="SELECT pg_sleep($1), $2")
    assert brought.value("db.queries.top.share") == costly.value > 0.5
    assert 0 < (brought.value("db.queries.mean") or 0) < 0.2
    assert brought.readings["db.queries.rate"].is_trusted
    assert (brought.value("db.transactions.rate") or 0) > 0
    assert brought.state.requests <= 12
    assert "4111" not in brought.everything_said()
    assert "secret-card" not in brought.everything_said()


def test_a_quiet_database_is_quiet_although_we_ask_it(cluster: Cluster, counted: str) -> None:
    brought = collected(cluster.dsn(MONITOR, counted))
    assert brought.value("db.queries.rate") == brought.value("db.queries.top.rate") == 0
    assert brought.missing["db.queries.mean"].reason == "absent"
    assert brought.value("db.transactions.rate") == 0
    assert brought.value("db.locks.deadlocks") == 0


def test_a_role_without_privileges_counts_statements_and_cannot_tell_them_apart(
    cluster: Cluster, counted: str, open_session: OpenSession
) -> None:
    with repeating((open_session("web", APPLICATION), "SELECT 1 FROM products")):
        brought = collected(cluster.dsn(VISITOR, counted))
    assert (brought.value("db.queries.rate") or 0) > 20
    assert brought.missing["db.queries.top.rate"].reason == "denied"
    assert brought.missing["db.queries.top.share"].reason == "denied"


@pytest.mark.parametrize("version", ["1.7", "1.8", "1.9"])
def test_an_extension_that_an_upgrade_left_as_it_was_is_asked_as_it_is(
    cluster: Cluster, database: str, open_session: OpenSession, version: str
) -> None:
    """Its columns are those of its own version, whatever the server's."""
    with cluster.connect(database=database) as admin:
        admin.execute(f"CREATE EXTENSION pg_stat_statements VERSION '{version}'".encode())
    with repeating((open_session("web", APPLICATION), "SELECT 1 FROM products")):
        brought = collected(cluster.dsn(MONITOR, database))
    assert (brought.value("db.queries.top.rate") or 0) > 20


def test_the_extension_is_missing_in_this_database_only(cluster: Cluster, database: str) -> None:
    brought = collected(cluster.dsn(MONITOR, database))
    for signal in ("db.queries.rate", "db.queries.mean", "db.queries.top.rate", "db.queries.top.share"):
        missing = brought.missing[signal]
        assert missing.reason == "absent"
        assert missing.detail.endswith("CREATE EXTENSION pg_stat_statements;")
        assert "shared_preload_libraries" not in missing.detail
    assert brought.state.status == "ok"
    assert "CREATE EXTENSION pg_stat_statements;" in (brought.state.hint or "")


def test_the_library_is_not_loaded(small_cluster: Cluster) -> None:
    """Also when the extension was created before somebody took the library out again."""
    with small_cluster.connect() as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
    brought = collected(small_cluster.dsn(MONITOR), deadline_s=1)
    detail = brought.missing["db.queries.rate"].detail
    assert "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; restart the server;" in detail
    assert "CREATE EXTENSION" not in detail


def test_the_advice_to_load_the_library_works_and_keeps_the_others() -> None:
    with postgres(settings=("shared_preload_libraries=auto_explain",)) as cluster:
        detail = collected(cluster.dsn(MONITOR), deadline_s=1).missing["db.queries.rate"].detail
        advice = "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements';"
        assert advice in detail
        with closing(cluster.connect()) as admin:
            admin.execute(advice)
            written = admin.execute(
                "SELECT setting FROM pg_file_settings WHERE name = 'shared_preload_libraries'"
            ).fetchall()
    assert written == [("auto_explain, pg_stat_statements",)]


def test_a_deadlock_is_counted(
    cluster: Cluster, database: str, open_session: OpenSession, background: Callable[[Session, str], None]
) -> None:
    """The server notices after deadlock_timeout, a second, between our samples."""
    take = "UPDATE products SET stock = stock - 1 WHERE id = {}"
    for one, other in ((1, 2), (2, 1)):
        session = open_session("web", APPLICATION)
        background(session, f"{take.format(one)}; SELECT pg_sleep(0.3); {take.format(other)}")
    brought = collected(cluster.dsn(MONITOR, database), deadline_s=5)
    assert (brought.value("db.locks.deadlocks") or 0) > 0
    assert (brought.value("db.transactions.rolled_back.ratio") or 0) > 0


def test_sorts_that_do_not_fit_into_memory_are_seen(
    cluster: Cluster, database: str, open_session: OpenSession
) -> None:
    sorting = (
        "SET work_mem = '64kB'; "
        "SELECT count(*) FROM (SELECT n FROM generate_series(1, 40000) AS n ORDER BY -n) AS sorted"
    )
    with repeating((open_session("web", APPLICATION), sorting)):
        brought = collected(cluster.dsn(MONITOR, database), deadline_s=5)
    assert (brought.value("db.temp.rate") or 0) > 0
    assert brought.parts("db.temp.rate", database=database)


BEFORE = Counters(database="shop", commits=100, rollbacks=10, deadlocks=1, stats_reset=5.0, now=50.0)


def reported(first: Counters, last: Counters) -> tuple[dict[str, float | None], dict[str, Missing]]:
    sink = Sink("postgres", catalogue(), 0.0)
    report_counters(sink, [first], [last])
    readings, missing = sink.close()
    return {name: reading.value for name, reading in readings.items()}, missing


def test_rates_are_over_the_servers_own_clock() -> None:
    last = replace(BEFORE, commits=130, rollbacks=20, deadlocks=3, temp_bytes=4096, now=54.0)
    readings, _ = reported(BEFORE, last)
    assert readings == {
        "db.transactions.rate": 10,
        "db.transactions.rolled_back.ratio": 0.25,
        "db.locks.deadlocks": 0.5,
        "db.temp.rate": 1024,
    }


@pytest.mark.parametrize(
    "last",
    [
        replace(BEFORE, commits=2, rollbacks=0, stats_reset=51.0, now=54.0),
        replace(BEFORE, commits=2, rollbacks=0, stats_reset=None, now=54.0),
        replace(BEFORE, now=50.1),
    ],
)
def test_a_reset_or_a_single_moment_gives_no_rate(last: Counters) -> None:
    readings, missing = reported(BEFORE, last)
    assert not readings
    assert {why.reason for why in missing.values()} == {"absent"}


def row(
    query_id: int | None, calls: float, seconds: float, *, entries: int = 2, now: float = 0
) -> StatementCounts:
    return StatementCounts(
        dbid=1,
        query_id=query_id,
        calls=calls,
        seconds=seconds,
        all_calls=0,
        all_seconds=0,
        entries=entries,
        now=now,
    )


def whole(*rows: StatementCounts, now: float) -> list[StatementCounts]:
    calls, seconds = sum(one.calls for one in rows), sum(one.seconds for one in rows)
    return [replace(one, all_calls=calls, all_seconds=seconds, now=now) for one in rows]


def test_a_statement_that_is_new_counts_only_if_the_first_list_was_complete() -> None:
    last = whole(row(1, 100, 1.0), row(2, 50, 9.0), now=5)
    complete = compare(whole(row(1, 90, 0.5, entries=1), now=0), last, ours=0)
    partial = compare(whole(row(1, 90, 0.5, entries=999), now=0), last, ours=0)
    assert isinstance(complete, Activity)
    assert isinstance(partial, Activity)
    assert complete.by_statement == {(1, 1): (10, 0.5), (1, 2): (50, 9.0)}
    assert partial.by_statement == {(1, 1): (10, 0.5)}


def test_statistics_that_shrink_were_reset() -> None:
    found = compare(whole(row(1, 90, 5.0), now=0), whole(row(1, 3, 0.1), now=5), ours=0)
    assert isinstance(found, Missing)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT *\n  FROM products  WHERE id = $1", "SELECT * FROM products WHERE id = $1"),
        ("SELECT 1 /* user=4111 */ -- token", "SELECT ?"),
        (
            "SELECT * FROM cards WHERE number = 4111 AND name = 'O''Hara'",
            "SELECT * FROM cards WHERE number = ? AND name = ?",
        ),
        ("SELECT t1.c2, $1 FROM t1 LIMIT 10", "SELECT t1.c2, $1 FROM t1 LIMIT ?"),
        ("SELECT 'cut off by the serv", "SELECT ?"),
        ("ALTER ROLE shop PASSWORD 'hunter2'", ""),
        ("SELECT $x$hunter2$x$", ""),
        ("SELECT E'hunter\\'2'", ""),
        ("<insufficient privilege>", ""),
        ("", ""),
    ],
)
def test_no_literal_is_shown(query: str, text: str) -> None:
    assert shown(query) == text


def test_a_long_text_is_cut() -> None:
    assert len(shown("SELECT " + "a, " * 500)) == MAX_QUERY_CHARS
