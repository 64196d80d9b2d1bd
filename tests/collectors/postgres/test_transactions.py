"""What persists is told from what passes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastdiag.collectors.postgres.rows import LockWaits, Prepared
from fastdiag.collectors.postgres.samples import Course, Sample, Samples, transaction_course
from fastdiag.collectors.postgres.transactions import report_transactions
from fastdiag.collectors.sink import Sink
from tests.collectors.postgres.collecting import Brought, catalogue, collected
from tests.collectors.postgres.conftest import OpenSession, Session
from tests.collectors.postgres.example import IDLE
from tests.stack.postgres import MONITOR, Cluster
from tests.stack.waiting import wait_until


@contextmanager
def renewing_transactions(session: Session) -> Iterator[None]:
    """Hold one transaction after the other, as a request handler does that calls something else meanwhile."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(0.05):
            session.execute("ROLLBACK; BEGIN; SELECT 1")

    session.execute("BEGIN")
    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def course_of(brought: Brought, session: Session) -> tuple[str, str]:
    (part,) = brought.parts("db.backends", pid=str(session.info.backend_pid))
    labels = dict(part.labels)
    return labels["transaction"], labels["change"]


def test_a_leaked_transaction_is_told_from_renewed_ones(cluster: Cluster, open_session: OpenSession) -> None:
    leaked, busy, free = open_session("leak"), open_session("busy"), open_session("free")
    leaked.execute("BEGIN")
    leaked.execute("SELECT 1")

    with renewing_transactions(busy):
        brought = collected(cluster.dsn(MONITOR))

    assert course_of(brought, leaked) == ("unchanged", "unchanged")
    assert course_of(brought, busy) == ("renewed", "renewed")
    assert course_of(brought, free) == ("none", "unchanged")


def test_a_transaction_that_still_works_is_unchanged_but_its_state_is_renewed(
    cluster: Cluster, open_session: OpenSession
) -> None:
    session = open_session("batch")
    session.execute("BEGIN")
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            session.execute("SELECT 1")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    brought = collected(cluster.dsn(MONITOR))
    stop.set()
    thread.join(10)

    assert course_of(brought, session) == ("unchanged", "renewed")


def test_the_oldest_transaction_is_named(cluster: Cluster, open_session: OpenSession) -> None:
    old = open_session("old")
    old.execute("BEGIN")
    young = open_session("young")
    young.execute("BEGIN")

    brought = collected(cluster.dsn(MONITOR))

    longest = brought.readings["db.transactions.longest"]
    assert dict(longest.by[0].labels)["pid"] == str(old.info.backend_pid)
    assert (
        longest.value
        == longest.by[0].value
        > brought.parts("db.transactions.longest", application="young")[0].value
    )
    assert (brought.value("db.transactions.idle.longest") or 0) > 1


def test_a_slow_statement_counts_when_both_samples_see_it(
    cluster: Cluster, open_session: OpenSession, background: Callable[[Session, str], None]
) -> None:
    slow = open_session("reports")
    background(slow, "SELECT pg_sleep(60)")
    wait_until(
        lambda: (collected(cluster.dsn(MONITOR), slow_s=0.1).value("db.queries.slow") or 0) >= 1,
        what="the statement has run for a while",
        within_s=20,
    )

    brought = collected(cluster.dsn(MONITOR), slow_s=0.1)

    assert [part.value for part in brought.parts("db.queries.slow", application="reports")] == [1]
    (longest,) = brought.parts("db.queries.longest", application="reports")
    window = brought.readings["db.queries.longest"].window
    assert window is not None
    assert longest.value == brought.value("db.queries.longest") == window.lowest < window.highest


def test_statements_that_come_and_go_are_not_slow(cluster: Cluster, open_session: OpenSession) -> None:
    with renewing_transactions(open_session("busy")):
        brought = collected(cluster.dsn(MONITOR))
    assert brought.value("db.queries.slow") == 0
    assert brought.value("db.connections.idle_in_transaction") == 1


def test_without_time_for_two_samples_nothing_is_said_of_what_persists(
    cluster: Cluster, open_session: OpenSession
) -> None:
    open_session("web").execute("BEGIN")
    brought = collected(cluster.dsn(MONITOR), deadline_s=0.9)
    (part,) = brought.parts("db.backends", application="web")
    assert "transaction" not in dict(part.labels)
    assert "one sample" in (brought.readings["db.backends"].bias or "")
    assert brought.readings["db.queries.slow"].is_trusted is False


def test_a_pid_that_was_reused_is_another_session() -> None:
    before = replace(IDLE, xact_start=5.0)
    assert transaction_course(replace(before, now=20.0), before) is Course.UNCHANGED
    assert transaction_course(replace(before, backend_start=9.0), before) is Course.RENEWED
    assert transaction_course(replace(before, xact_start=6.0), before) is Course.RENEWED
    assert transaction_course(replace(before, xact_start=None), before) is Course.NONE
    assert transaction_course(before, None) is Course.RENEWED


def test_a_prepared_transaction_counts_although_it_has_no_session() -> None:
    sample = Sample(
        backends=(replace(IDLE, state="idle in transaction", xact_start=8.0),),
        lock_waits=LockWaits(waiting=0, oldest_s=None, is_exact=True),
    )
    samples = Samples(first=sample, last=sample, limits=None, is_pooled=False)
    sink = Sink("postgres", catalogue(), time.monotonic() + 1)
    report_transactions(sink, samples, Prepared(transactions=1, oldest_s=86400.0), slow_s=1.0)
    longest = sink.close()[0]["db.transactions.longest"]
    assert [part.value for part in longest.by] == [86400.0, 2.0]
    assert dict(longest.by[0].labels)["state"] == "prepared transaction"
