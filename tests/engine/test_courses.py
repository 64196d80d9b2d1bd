"""Which signals a report shows over time, from where on they are too high, and what earlier runs tell."""

from __future__ import annotations

from typing import Final

import pytest

from fastdiag.engine.courses import KEYS, MAX_TELLING, from_runs, key_signals, since_known
from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.thresholds import threshold
from fastdiag.model.diagnosis import Status
from fastdiag.model.history import Occasion, Run
from fastdiag.model.moment import iso_of
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.render.diagnoses import ALL

TABLE: Final = load_rulebook(builtin_rules())
BEGIN: Final = 1_790_000_000.0
DRAINED: Final = ALL["pool-drained"].snapshot


def run(minute: int, **signals: float) -> Run:
    return Run(
        host="web-1",
        service="shop",
        taken_at=iso_of(BEGIN + 60 * minute),
        occasion=Occasion.REPORT,
        status=Status.OK,
        conclusive=True,
        symptoms=(),
        causes=(),
        signals={name.replace("_", "."): value for name, value in signals.items()},
    )


@pytest.mark.parametrize(
    ("signal", "limit"),
    [
        ("http.latency.p95", 1.0),  # $slow, as a symptom has it
        ("http.errors.ratio", 0.02),
        ("db.pool.utilization", 0.95),  # no symptom speaks of it: the weightiest row of a cause
        ("db.pool.waiting", 1.0),
        ("db.pool.in_use", None),  # it counts only together with something else
        ("http.rps", None),  # the table compares it with nothing but itself
    ],
)
def test_the_threshold_is_what_the_table_says_in_one_number(signal: str, limit: float | None) -> None:
    assert threshold(signal, DRAINED, TABLE) == (None if limit is None else pytest.approx(limit))


def test_every_key_is_a_signal_of_the_table_and_a_failure_shows_its_own_first() -> None:
    assert set(KEYS) <= set(TABLE.catalogue.signals)
    named = key_signals(diagnose(DRAINED, TABLE), TABLE.catalogue)
    assert named[0].startswith("db.pool.")
    assert set(KEYS) <= set(named)
    assert len(named) <= len(KEYS) + MAX_TELLING
    assert len(set(named)) == len(named)


def test_of_a_healthy_service_the_keys_are_shown_in_their_order() -> None:
    assert key_signals(diagnose(ALL["healthy"].snapshot, TABLE), TABLE.catalogue) == KEYS


def test_a_run_that_did_not_see_a_signal_leaves_a_gap() -> None:
    runs = [run(0, http_rps=40.0), run(5), run(10, http_rps=44.0)]
    (rate,) = from_runs(runs, ["http.rps", "queue.depth"], TABLE.catalogue, BEGIN)
    assert [value for _, value in rate.points] == [40.0, None, 44.0]


def test_time_before_anything_was_known_is_not_drawn() -> None:
    rate = (run(minute) if minute < 300 else run(minute, http_rps=40.0) for minute in range(0, 360, 5))
    errors = (
        run(minute) if minute < 320 else run(minute, http_errors_ratio=0.0) for minute in range(0, 360, 5)
    )
    courses = [
        *from_runs(rate, ["http.rps"], TABLE.catalogue, BEGIN),
        *from_runs(errors, ["http.errors.ratio"], TABLE.catalogue, BEGIN),
    ]
    assert [one.points[0] for one in since_known(courses)] == [(BEGIN + 18000, 40.0), (BEGIN + 18000, None)]


def test_a_minute_of_knowledge_is_drawn_in_ten() -> None:
    runs = [run(minute) for minute in range(350)] + [run(minute, http_rps=40.0) for minute in (350, 351)]
    (rate,) = since_known(from_runs(runs, ["http.rps"], TABLE.catalogue, BEGIN))
    assert rate.points[0] == (BEGIN + 60 * 341, None)


def test_what_was_seen_once_is_no_course() -> None:
    assert from_runs([run(0, http_rps=40.0), run(5)], ["http.rps"], TABLE.catalogue, BEGIN) == ()


def test_runs_come_in_the_order_of_their_time_and_none_from_before() -> None:
    runs = [run(10, http_rps=3.0), run(0, http_rps=1.0), run(5, http_rps=2.0)]
    (rate,) = from_runs(runs, ["http.rps"], TABLE.catalogue, BEGIN + 240)
    assert [value for _, value in rate.points] == [2.0, 3.0]
