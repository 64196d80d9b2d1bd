"""Trials tell how a table's own examples fare, and what is wrong where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Verdict
from fastdiag.model.example import Example, Expectation, Given
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.rule import Kind, Rulebook
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from fastdiag.trial import run_trial, run_trials, snapshot_of

POOL = "db-pool-exhaustion"
DRAINED = {
    "service.cpu": Given(value=parse_quantity("20%")),
    "http.latency.p95": Given(value=parse_quantity("4s")),
    "db.pool.utilization": Given(value=parse_quantity("100%")),
    "db.pool.waiting": Given(value=parse_quantity("14")),
}


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(builtin_rules())


def complaints(book: Rulebook, given: dict[str, Given], wanted: Expectation) -> tuple[str, ...]:
    return run_trial(book.cause(POOL), Example(name="x", given=given, expect=wanted), book).complaints


def test_every_example_of_the_table_is_run(book: Rulebook) -> None:
    few = replace(book, causes=tuple(cause for cause in book.causes if cause.kind is Kind.VISIBILITY))
    trials = list(run_trials(few))
    assert [trial.example for trial in trials] == [one for cause in few.causes for one in cause.examples]
    assert {trial.cause for trial in trials} == {cause.id for cause in few.causes}
    assert [(trial.cause, trial.complaints) for trial in trials if trial.complaints] == []


def test_an_expectation_that_is_met_is_silent(book: Rulebook) -> None:
    assert complaints(book, DRAINED, Expectation(rank=1, at_least="likely")) == ()


def test_what_is_not_met_is_told(book: Rulebook) -> None:
    rank, verdict = complaints(book, DRAINED, Expectation(rank=2, at_most="unlikely"))
    assert rank == "rank 1, expected rank 2"
    assert verdict.endswith("likely, expected at most unlikely")
    half_empty = {
        **DRAINED,
        "db.pool.utilization": Given(value=parse_quantity("45%")),
        "db.pool.waiting": Given(value=None),
    }
    assert complaints(book, half_empty, Expectation(rank=1, at_least="possible")) == (
        "not listed, expected rank 1",
        "ruled out, expected at least possible",
    )


def test_an_example_says_what_a_snapshot_would(book: Rulebook) -> None:
    given = {
        "db.pool.utilization": Given(
            value=parse_quantity("90%"),
            before=parse_quantity("20%"),
            pinned=True,
            parts=(parse_quantity("70%"), parse_quantity("90%")),
        ),
        "db.pool.waiting": Given(value=None),
    }
    taken = snapshot_of(given, book.catalogue)
    reading = taken.readings["db.pool.utilization"]
    assert (reading.value, reading.before) == (0.9, 0.2)
    assert [part.value for part in reading.by] == [0.7, 0.9]
    assert reading.window is not None
    assert (reading.window.lowest, reading.window.highest) == (0.9, 0.9)
    assert str(taken.missing["db.pool.waiting"]) == "absent: missing in the example"


def test_a_cause_that_the_diagnosis_does_not_list_is_unlikely(book: Rulebook) -> None:
    healthy = {
        "service.cpu": Given(value=parse_quantity("20%")),
        "http.latency.p95": Given(value=parse_quantity("40ms")),
        "http.errors.ratio": Given(value=parse_quantity("0%")),
    }
    cause = replace(book.cause(POOL), examples=())
    trial = run_trial(cause, Example(name="x", given=healthy, expect=Expectation(at_most="unlikely")), book)
    assert (trial.rank, trial.verdict, trial.complaints) == (None, Verdict.UNLIKELY, ())
