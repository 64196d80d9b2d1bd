"""A scenario says who comes first; what is not so is told with the ledgers of those concerned."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.errors import SnapshotError
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.example import Expectation, Given
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.rule import Cause, Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.trial.attempt import attempt
from fastdiag.trial.cases import cases_of
from tests.trial.tables import table

BOTH = Scenario(
    name="locks drain the pool",
    given={
        name: Given(value=parse_quantity(text))
        for name, text in {"x.latency": "20s", "x.queue": "3", "x.lag": "9s"}.items()
    },
    status=Status.CRITICAL,
    ranking=("locks", "pool"),
    expect={"pool": Expectation(at_least="possible")},
)


@pytest.fixture
def rules(tmp_path: Path) -> Rulebook:
    return table(tmp_path / "rules")


def differences(rules: Rulebook, scenario: Scenario) -> list[tuple[str, str, str]]:
    (case,) = cases_of(replace(rules, causes=without_examples(rules)), [scenario])
    return [(one.about, one.expected, one.got) for one in attempt(case, rules).differences]


def without_examples(rules: Rulebook) -> tuple[Cause, ...]:
    return tuple(replace(cause, examples=()) for cause in rules.causes)


def test_a_scenario_that_is_met_is_silent(rules: Rulebook) -> None:
    assert differences(rules, BOTH) == []


def test_status_places_and_verdicts_are_told_apart(rules: Rulebook) -> None:
    wrong = replace(
        BOTH,
        status=Status.WARNING,
        ranking=("pool", "locks"),
        expect={"locks": Expectation(at_most="unlikely")},
    )
    told = differences(rules, wrong)
    assert told[:3] == [
        ("status", "warning", "critical"),
        ("pool", "rank 1", "rank 2"),
        ("locks", "rank 2", "rank 1"),
    ]
    assert told[3][:2] == ("locks", "at most unlikely")


def test_the_symptoms_that_hold_are_these_and_no_others(rules: Rulebook) -> None:
    assert differences(rules, replace(BOTH, symptoms=("slow",))) == []
    assert differences(rules, replace(BOTH, symptoms=())) == [("symptoms", "none", "slow")]
    calm = {**BOTH.given, "x.latency": Given(value=parse_quantity("10ms"))}
    quick = Scenario(name="quick", given=calm, symptoms=("slow",))
    assert differences(rules, quick) == [("symptoms", "slow", "none")]


def test_a_cause_that_is_not_listed_has_no_rank(rules: Rulebook) -> None:
    calm = replace(BOTH, given={"x.latency": Given(value=parse_quantity("20s"))}, expect={})
    assert ("locks", "rank 1", "not listed") in differences(rules, calm)


def test_the_ledger_shows_who_took_the_place(rules: Rulebook) -> None:
    (case,) = cases_of(replace(rules, causes=without_examples(rules)), [replace(BOTH, ranking=("pool",))])
    tried = attempt(case, rules)
    assert [account.cause for account in tried.accounts] == ["pool", "locks"]
    pool, locks = tried.accounts
    assert (pool.rank, locks.rank) == (2, 1)
    assert [fact.said for fact in locks.supports] == ["x.lag 9 s > 1 s"]
    assert [fact.when for fact in pool.unknown] == ["(x.size >= 5 or x.rate > 900/s)", "x.cpu > 90%"]


def test_a_saved_snapshot_keeps_its_own_objectives(rules: Rulebook, tmp_path: Path) -> None:
    """What was slow to the team that saved it stays slow: the symptom holds although $slow is 1s here."""
    saved = tmp_path / "saved.json"
    signals = {"x.latency": {"value": "500ms"}, "x.queue": {"value": 3}}
    saved.write_text(json.dumps({"schema": 1, "parameters": {"slow": "100ms"}, "signals": signals}))
    scenario = Scenario(name="quick for others", snapshot=saved, status=Status.WARNING, ranking=("pool",))
    assert differences(rules, scenario) == []
    saved.write_text(json.dumps({"schema": 1, "signals": signals | {"x.queue": {"value": 0}}}))
    assert ("status", "warning", "inconclusive") in differences(rules, scenario)


@pytest.mark.parametrize("text", ["{", '{"schema": 1, "parameters": {"slow": "soon"}, "signals": {}}'])
def test_a_snapshot_that_is_none_is_told_with_its_file(rules: Rulebook, tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    with pytest.raises(SnapshotError) as caught:
        cases_of(rules, [Scenario(name="x", snapshot=tmp_path / "broken.json", status=Status.OK)])
    assert "broken.json" in str(caught.value)


def test_only_what_says_something_of_a_cause_is_tried_for_it(rules: Rulebook) -> None:
    assert [case.label for case in cases_of(rules, [BOTH], ["pool"])] == [
        "pool: a queue",
        "pool: no queue",
        "scenario: locks drain the pool",
    ]
    alone = replace(BOTH, ranking=("locks",), expect={})
    assert [case.cause for case in cases_of(rules, [alone], ["pool"])] == ["pool", "pool"]


def test_likely_is_told_from_very_likely_where_an_expectation_asks(rules: Rulebook) -> None:
    (case,) = cases_of(replace(rules, causes=without_examples(rules)), [replace(BOTH, expect={})])
    sure = replace(case, expect={"locks": Expectation(at_most="likely")})
    assert attempt(case, rules).verdicts["locks"] is Verdict.LIKELY
    assert [one.got for one in attempt(sure, rules).differences] == ["very likely"]
