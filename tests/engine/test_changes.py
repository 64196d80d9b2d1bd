"""What changed between two snapshots: what moved a cause, what crossed a threshold, what was not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.engine.changes import changes
from fastdiag.engine.diagnose import diagnose
from fastdiag.model.changes import Changes, Move, Trend
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.rule import Rulebook
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from tests.engine.tables import book, reading, seen

POOL = """
evidence:
  for:
    - {when: "x.queue >= 1", weight: decisive, because: queueing}
    - {when: "x.size >= 5", weight: strong, because: full}
  against:
    - {when: "x.cpu > 90%", weight: decisive, because: busy}
"""
LOCKS = """
evidence:
  for:
    - {when: "x.lag > 1s", weight: decisive, because: lock waits}
"""


@pytest.fixture
def table(tmp_path: Path) -> Rulebook:
    return book(tmp_path, pool=POOL, locks=LOCKS)


def compared(table: Rulebook, before: Snapshot, after: Snapshot) -> Changes:
    return changes(diagnose(before, table), diagnose(after, table), table)


def test_a_cause_that_came_up_is_told_with_what_brought_it(table: Rulebook) -> None:
    found = compared(
        table, seen(table, x_latency=0.1, x_queue=0, x_size=2), seen(table, x_latency=4, x_queue=9, x_size=15)
    )
    assert found.trend is Trend.WORSE
    (pool,) = [change for change in found.causes if change.id == "pool"]
    assert (pool.before.verdict, pool.after.verdict) == (Verdict.UNLIKELY, Verdict.LIKELY)
    assert [(driver.because, driver.was, driver.is_) for driver in pool.drivers] == [
        ("queueing", False, True),
        ("full", False, True),
    ]
    assert pool.drivers[0].signals == {"x.queue": (0.0, 9.0)}
    assert [(s.id, s.move) for s in found.symptoms] == [("slow", Move.APPEARED)]


def test_what_is_undone_is_better(table: Rulebook) -> None:
    found = compared(table, seen(table, x_latency=4, x_queue=9), seen(table, x_latency=0.1, x_queue=0))
    assert [(change.id, change.drivers[0].push < 0) for change in found.causes] == [("pool", True)]
    assert [(s.id, s.move) for s in found.symptoms] == [("slow", Move.VANISHED)]


def test_a_finding_that_could_only_be_seen_once_is_told_as_such(table: Rulebook) -> None:
    found = compared(table, seen(table, x_latency=4), seen(table, x_latency=4, x_queue=9))
    (pool,) = [change for change in found.causes if change.id == "pool"]
    assert [(driver.was, driver.is_) for driver in pool.drivers] == [(None, True)]
    assert found.only_after == ("x.queue",)
    assert [change.id for change in found.signals] == []


def test_another_cause_of_the_same_symptom_is_a_change_and_no_progress(table: Rulebook) -> None:
    found = compared(
        table,
        seen(table, x_latency=4, x_queue=9, x_size=9, x_lag=0),
        seen(table, x_latency=4, x_queue=0, x_size=0, x_lag=9),
    )
    assert found.trend is Trend.CHANGED
    assert {change.id for change in found.causes} == {"pool", "locks"}


def test_a_ruled_out_cause_is_no_endless_difference(table: Rulebook) -> None:
    busy = {"x_latency": 4, "x_cpu": 0.99}
    found = compared(table, seen(table, **busy, x_queue=0), seen(table, **busy, x_queue=9))
    assert all(driver.because != "busy" for change in found.causes for driver in change.drivers)


def test_the_rules_tell_a_change_from_noise(table: Rulebook) -> None:
    found = compared(
        table,
        seen(table, x_latency=0.95, x_rate=10, x_lag=0.5),
        seen(table, x_latency=1.05, x_rate=11, x_lag=0.7),
    )
    assert [(s.id, s.crossed) for s in found.signals] == [("x.latency", True), ("x.lag", False)]
    assert found.signals[0].came_true == ("x.latency > $slow",)


def test_a_signal_that_stands_still_crosses_nothing_when_what_it_is_held_against_moves(
    tmp_path: Path,
) -> None:
    table = book(tmp_path, pool=POOL.replace("x.queue >= 1", "x.queue > x.size"), locks=LOCKS)
    found = compared(table, seen(table, x_queue=4, x_size=9), seen(table, x_queue=4, x_size=3))
    assert "x.size" in {one.id for one in found.signals}
    assert "x.queue" not in {one.id for one in found.signals}


def test_what_was_not_seen_before_has_not_begun(table: Rulebook) -> None:
    assert compared(table, seen(table, x_queue=0), seen(table, x_latency=4, x_queue=0)).trend is Trend.UNKNOWN
    assert compared(table, seen(table, x_latency=4), seen(table, x_queue=0)).trend is Trend.UNKNOWN


def test_the_same_twice_is_no_change(table: Rulebook) -> None:
    one = seen(table, x_latency=4, x_queue=9)
    found = compared(table, one, one)
    assert found.trend is Trend.SAME
    assert (found.causes, found.signals, found.sources, found.notes) == ((), (), (), ())
    assert [s.move for s in found.symptoms] == [Move.STAYED]


def test_a_doubt_about_either_value_is_kept(table: Rulebook) -> None:
    doubtful = reading(table.catalogue, "x.lag", 0.1, bias="one worker of four")
    found = compared(table, seen(table, x_lag=doubtful), seen(table, x_lag=3))
    assert [(s.id, s.doubt) for s in found.signals] == [("x.lag", "one worker of four")]


def test_what_makes_two_snapshots_hard_to_compare_is_said(table: Rulebook) -> None:
    one = replace(seen(table, x_latency=4), parameters={"slow": "1s"}, taken_at="2026-01-01T00:05:00Z")
    other = replace(
        one, service="else", window_s=60, parameters={"slow": "2s"}, taken_at="2026-01-01T00:00:00Z"
    )
    said = compared(table, one, other).notes
    assert [text.split(":")[0] for text in said] == [
        "these are two services",
        "the first snapshot is the later one",
        "they look at windows of different length",
        "slow was 1s, and is 2s",
    ]


def test_sources_that_fared_otherwise_are_listed(table: Rulebook) -> None:
    one = seen(table, x_latency=4)
    before = replace(one, sources=(SourceState(name="postgres", status=SourceStatus.FAILED),))
    after = replace(one, sources=(SourceState(name="postgres", status=SourceStatus.OK),))
    (change,) = compared(table, before, after).sources
    assert (change.name, change.before, change.after) == ("postgres", SourceStatus.FAILED, SourceStatus.OK)
