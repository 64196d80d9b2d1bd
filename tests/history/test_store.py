"""What every store does alike: a SQLite file, and a real PostgreSQL."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from fastdiag.errors import HistoryError
from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep, Store
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.history import Run
from fastdiag.model.moment import iso_of
from tests.history.runs import LOCKS, POOL, START, STEP_S, at, cause, mark, run

SNAPSHOT = '{"schema": 1, "service": "shop", "signals": {"http.latency.p95": {"value": 4.2, "unit": "s"}}}\n'


def test_a_run_is_read_back_as_it_was_with_its_snapshot(store: Store) -> None:
    kept = run(1, cause(POOL, Verdict.VERY_LIKELY), cause(LOCKS, Verdict.POSSIBLE, rank=2))
    id_ = store.add(kept, SNAPSHOT)
    assert id_ > 0
    assert store.runs("shop") == (replace(kept, id=id_),)
    assert store.run(id_) == replace(kept, id=id_)
    assert store.snapshot(id_) == SNAPSHOT


def test_what_is_not_there_is_nothing(store: Store) -> None:
    assert store.runs(None) == ()
    assert store.marks(None) == ()
    assert store.run(17) is None
    assert store.snapshot(17) is None


def test_the_newest_comes_first_whatever_was_kept_first(store: Store) -> None:
    for step in (2, 3, 1):
        store.add(run(step), SNAPSHOT)
    assert [one.taken_at for one in store.runs("shop")] == [at(3), at(2), at(1)]
    assert [one.taken_at for one in store.runs("shop", limit=1)] == [at(3)]
    assert [one.taken_at for one in store.runs("shop", since=START + 2 * STEP_S)] == [at(3), at(2)]


def test_services_and_hosts_are_told_apart(store: Store) -> None:
    store.add(run(1, host="web-1"), SNAPSHOT)
    store.add(run(2, host="web-2"), SNAPSHOT)
    store.add(run(3, service="mail"), SNAPSHOT)
    assert [one.host for one in store.runs("shop")] == ["web-2", "web-1"]
    assert [one.taken_at for one in store.runs("shop", host="web-1")] == [at(1)]
    assert [one.service for one in store.runs(None)] == ["mail", "shop", "shop"]


def test_a_mark_concerns_one_service_or_all(store: Store) -> None:
    deploy, failover = mark(1, "deploy v1.2"), mark(2, "failover", None)
    ids = [store.mark(deploy), store.mark(failover), store.mark(mark(3, "new mail server", "mail"))]
    assert store.marks("shop") == (replace(failover, id=ids[1]), replace(deploy, id=ids[0]))
    assert [one.text for one in store.marks(None)] == ["new mail server", "failover", "deploy v1.2"]
    assert [one.text for one in store.marks("shop", since=START + 2 * STEP_S)] == ["failover"]


def test_a_foreign_text_comes_back_as_it_was(store: Store) -> None:
    odd = replace(run(1), service="a'b\"; DROP TABLE run; -- ünïcøde ☃", host="%s")
    id_ = store.add(odd, "{}")
    assert store.runs(odd.service) == (replace(odd, id=id_),)


def test_a_snapshot_written_by_hand_has_no_moment_and_is_not_kept(store: Store) -> None:
    with pytest.raises(HistoryError, match="does not say when it was taken"):
        store.add(replace(run(1), taken_at=""), "{}")
    assert store.runs(None) == ()


def test_what_is_too_old_goes_with_its_snapshot(store: Store) -> None:
    now = time.time()
    ids = [store.add(_taken(now - days * 86400), SNAPSHOT) for days in (40, 20, 1)]
    store.mark(replace(mark(0, "long ago"), at=iso_of(now - 40 * 86400)))
    store.mark(replace(mark(0, "lately"), at=iso_of(now - 86400)))
    pruned = store.prune(Keep(age_s=30 * 86400.0))
    assert (pruned.runs, pruned.snapshots, pruned.marks) == (1, 1, 1)
    assert pruned.size_bytes > 0
    assert [one.id for one in store.runs("shop")] == [ids[2], ids[1]]
    assert store.snapshot(ids[0]) is None
    assert [one.text for one in store.marks("shop")] == ["lately"]
    assert store.prune(Keep(age_s=30 * 86400.0)).runs == 0


def test_what_is_too_much_loses_its_oldest_snapshots_and_keeps_its_runs(store: Store) -> None:
    heavy = "".join(f"{number * 7919 % 104729:x}" for number in range(30_000))
    ids = [store.add(run(step, cause(POOL)), f'"{step}{heavy}"') for step in range(20)]
    pruned = store.prune(Keep(age_s=1e9, size_bytes=600_000))
    assert pruned.runs == 0
    assert 0 < pruned.snapshots < 19
    assert [one.id for one in store.runs("shop")] == ids[::-1]
    left = [id_ for id_ in ids if store.snapshot(id_)]
    assert left == ids[pruned.snapshots :], "the oldest go first"


def test_the_newest_run_stays_whole_however_little_room_there_is(store: Store) -> None:
    ids = [store.add(run(step), SNAPSHOT) for step in range(5)]
    store.prune(Keep(age_s=1.0, size_bytes=1))
    assert [one.id for one in store.runs("shop")] == [ids[-1]]
    assert store.snapshot(ids[-1]) == SNAPSHOT


def test_it_prunes_by_itself_as_runs_are_added(place: HistoryPlace) -> None:
    store = open_store(replace(place, keep=Keep(age_s=30 * 86400.0)))
    now = time.time()
    store.add(_taken(now - 40 * 86400), SNAPSHOT)
    for minutes in range(20, 0, -1):
        store.add(_taken(now - minutes * 60), SNAPSHOT)
    assert len(store.runs("shop")) == 20
    store.close()


def test_two_that_are_open_see_what_the_other_keeps(place: HistoryPlace, store: Store) -> None:
    other = open_store(place)
    id_ = other.add(run(1), SNAPSHOT)
    assert store.snapshot(id_) == SNAPSHOT
    store.mark(mark(1, "deploy"))
    assert [one.text for one in other.marks("shop")] == ["deploy"]
    other.close()


def _taken(seconds: float) -> Run:
    return replace(run(0), taken_at=iso_of(seconds))
