"""Lock queues: the true root is found, whatever stands between."""

from collections.abc import Callable

from fastdiag.collectors.postgres.locks import waiters_by_root
from fastdiag.collectors.postgres.rows import Blocking
from tests.collectors.postgres.collecting import collected
from tests.collectors.postgres.conftest import OpenSession, Session, wait_for_lock_waiters
from tests.stack.postgres import APPLICATION, MONITOR, VISITOR, Cluster

TAKE_PRODUCT = "UPDATE products SET stock = stock - 1 WHERE id = {}"
Run = Callable[[Session, str], None]


def shop_session(open_session: OpenSession, application: str) -> Session:
    return open_session(application, APPLICATION)


def test_a_chain_leads_to_its_root(
    cluster: Cluster, database: str, open_session: OpenSession, background: Run
) -> None:
    """C waits for B, B waits for A, and A is idle in transaction."""
    a, b, c = (shop_session(open_session, name) for name in "abc")
    a.execute("BEGIN")
    a.execute(TAKE_PRODUCT.format(1))
    b.execute("BEGIN")
    b.execute(TAKE_PRODUCT.format(2))
    background(b, TAKE_PRODUCT.format(1))
    wait_for_lock_waiters(cluster, database, 1)
    background(c, TAKE_PRODUCT.format(2))
    wait_for_lock_waiters(cluster, database, 2)

    brought = collected(cluster.dsn(MONITOR))

    behind = brought.readings["db.locks.behind_one"]
    assert (brought.value("db.locks.waiting"), behind.value) == (2, 2)
    assert [dict(part.labels) for part in behind.by] == [
        {
            "application": "a",
            "pid": str(a.info.backend_pid),
            "state": "idle in transaction",
            "user": APPLICATION,
        }
    ]
    assert brought.value("db.locks.idle_blockers") == 1
    assert (brought.value("db.locks.oldest") or 0) > 1
    assert brought.value("db.queries.longest") == 0  # waiting for a lock is not running
    assert len(brought.parts("db.backends", wait="Lock")) == 2


def test_a_queue_for_one_row_is_behind_one_writer(
    cluster: Cluster, database: str, open_session: OpenSession, background: Run
) -> None:
    writer = shop_session(open_session, "writer")
    background(writer, f"BEGIN; {TAKE_PRODUCT.format(1)}; SELECT pg_sleep(60)")
    for number in range(25):
        background(shop_session(open_session, "web"), TAKE_PRODUCT.format(1))
        if number == 0:
            wait_for_lock_waiters(cluster, database, 1)
    wait_for_lock_waiters(cluster, database, 25)

    brought = collected(cluster.dsn(MONITOR))

    behind = brought.readings["db.locks.behind_one"]
    assert (brought.value("db.locks.waiting"), behind.value) == (25, 20)  # of the oldest 20
    assert dict(behind.by[0].labels)["application"] == "writer"
    assert dict(behind.by[0].labels)["state"] == "active"
    assert brought.value("db.locks.idle_blockers") == 0


def test_a_role_without_privileges_finds_the_root_but_not_its_state(
    cluster: Cluster, database: str, open_session: OpenSession, background: Run
) -> None:
    holder, waiter = shop_session(open_session, "holder"), shop_session(open_session, "waiter")
    holder.execute("BEGIN")
    holder.execute(TAKE_PRODUCT.format(1))
    background(waiter, TAKE_PRODUCT.format(1))
    wait_for_lock_waiters(cluster, database, 1)

    brought = collected(cluster.dsn(VISITOR))

    assert brought.value("db.locks.waiting") == 1
    (root,) = brought.readings["db.locks.behind_one"].by
    assert (dict(root.labels)["application"], dict(root.labels)["state"]) == ("holder", "hidden")
    assert brought.missing["db.locks.idle_blockers"].reason == "denied"
    assert "db.locks.idle_blockers" not in brought.readings


def test_a_waiter_beyond_the_oldest_20_still_leads_to_its_root() -> None:
    edges = [edge(1, 2, blocker_waits=True), edge(2, 3, blocker_waits=True), edge(3, 4)]
    assert waiters_by_root(edges, {1}) == {4: {1}}


def test_two_roots_are_kept_apart() -> None:
    edges = [edge(1, 8), edge(2, 9), edge(3, 1, blocker_waits=True), edge(3, 9)]
    assert waiters_by_root(edges, {1, 2, 3}) == {8: {1, 3}, 9: {2, 3}}


def test_a_ring_has_no_root() -> None:
    edges = [edge(1, 2, blocker_waits=True), edge(2, 1, blocker_waits=True)]
    assert waiters_by_root(edges, {1, 2}) == {}


def edge(waiter: int, blocker: int, *, blocker_waits: bool = False) -> Blocking:
    return Blocking(
        waiter=waiter,
        blocker=blocker,
        blocker_waits=blocker_waits,
        application="",
        user="shop",
        backend_type="client backend",
        state="active",
    )
