"""One line a worker: how many database connections it uses, of how many, and doing what for how long."""

from typing import Final

import pytest

from fastdiag.collectors.attribution import attribute
from fastdiag.collectors.holders import Held, holders, pool_of_one
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Part, Reading
from tests.metrics.catalogue import shipped

MINUTE_S: Final = 60.0


def held(
    state: str = "idle in transaction",
    *,
    worker: str = "4127",
    state_s: float = 0.1,
    open_s: float = 0.0,
    unchanged: bool = False,
) -> Held:
    return Held(
        worker=worker,
        state=state,
        state_s=state_s,
        open_s=open_s,
        is_taken=state != "idle",
        unchanged=unchanged,
    )


def said(*connections: Held, pool: float | None = None) -> list[str]:
    return [dict(part.labels)["holds"] for part in holders(connections, pool)]


def test_a_leak_says_since_when_nobody_has_touched_it() -> None:
    leaked = [held(state_s=11 * MINUTE_S, unchanged=True)] * 15
    assert said(*leaked, pool=15) == [
        "15 of 15 database connections of its pool, all idle in transaction, untouched for up to 11 min"
    ]


def test_a_pool_held_over_other_work_says_how_old_its_transactions_are() -> None:
    assert said(*[held(open_s=2.4)] * 8) == [
        "8 of its 8 open database connections, all idle in transaction, in transactions of up to 2.4 s"
    ]


def test_slow_statements_say_how_long_they_run() -> None:
    assert said(*[held("active", state_s=7)] * 3, held("idle")) == [
        "3 of its 4 open database connections, all active, for up to 7 s"
    ]


def test_several_states_are_counted_the_most_first() -> None:
    mixed = [held("waiting for a lock", state_s=30)] * 3 + [held("active", state_s=31)]
    assert said(*mixed) == [
        "4 of its 4 open database connections, 3 waiting for a lock, 1 active, for up to 31 s"
    ]


def test_a_pool_smaller_than_what_is_open_is_not_believed() -> None:
    assert said(*[held("active", state_s=1)] * 3, pool=2)[0].startswith("3 of its 3 open")


def test_the_worker_that_uses_most_comes_first_and_one_that_uses_none_says_so() -> None:
    free, busy = held("idle", worker="1"), held("active", worker="2", state_s=2)
    parts = holders([free, busy], None)
    assert [(dict(part.labels)["worker"], part.value) for part in parts] == [("2", 1), ("1", 0)]
    assert dict(parts[1].labels)["holds"] == "0 of its 1 open database connections"


def reading(signal: str, value: float, *by: Part) -> Reading:
    return Reading(signal=signal, unit=Unit.COUNT, source="prometheus", value=value, by=by)


def size_of(*instances: tuple[str, float]) -> Reading:
    parts = [Part(labels=(("instance", name),), value=size) for name, size in instances]
    return reading("db.pool.size", sum(size for _, size in instances), *parts)


@pytest.mark.parametrize(
    ("size", "workers", "one"),
    [
        (size_of(("a", 15), ("b", 15)), 2, 15),
        (size_of(("a", 15), ("b", 5)), 2, None),
        (reading("db.pool.size", 30), 2, None),
        (reading("db.pool.size", 15), 1, 15),
        (None, 1, None),
    ],
    ids=["alike", "different", "only their sum", "one worker", "unknown"],
)
def test_the_pool_of_one_worker_is_known_where_all_are_alike(
    size: Reading | None, workers: float, one: float | None
) -> None:
    assert pool_of_one(size, reading("workers.count", workers)) == one


def test_the_line_is_joined_from_the_servers_view_and_the_process_table() -> None:
    leaked = (
        ("change", "unchanged"),
        ("client", "10.0.0.3:41522"),
        ("open_s", "700"),
        ("state", "idle in transaction"),
        ("wait", "Client"),
    )
    owned = (("local", "10.0.0.3:41522"), ("remote", "10.0.0.1:5432"), ("worker", "4127"))
    backends = Reading(
        signal="db.backends",
        unit=Unit.SECONDS,
        source="postgres",
        value=None,
        by=(Part(labels=leaked, value=660),),
    )
    sockets = reading("db.sockets", 1, Part(labels=owned, value=1))
    found = attribute(
        {"db.backends": backends, "db.sockets": sockets, "db.pool.size": size_of(("a", 15))}, shipped()
    )

    most = found["db.service.holders"]
    assert isinstance(most, Reading)
    assert most.value == 1
    assert dict(most.by[0].labels) == {
        "holds": "1 of 15 database connections of its pool, idle in transaction, untouched for up to 11 min",
        "worker": "4127",
    }
