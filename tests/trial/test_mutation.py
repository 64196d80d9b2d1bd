"""Mutation: a row is changed, and the examples notice, or the row is tested by nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.engine.evaluate import OPPOSITE
from fastdiag.model.diagnosis import Status
from fastdiag.model.example import Given
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Evidence,
    Not,
    Operand,
    Operator,
    Rulebook,
    Severity,
    Weight,
)
from fastdiag.model.scenario import Scenario
from fastdiag.model.trial import AnyMutant, Change, EdgeMutant, Fate, Mutant, MutantTried, Row, SymptomMutant
from fastdiag.trial import Asked, cases_of, try_table
from fastdiag.trial.attempt import judge
from fastdiag.trial.coverage import rows_of
from fastdiag.trial.mutants import all_mutants, mutants_of, mutated
from fastdiag.trial.mutation import Probe, try_mutant
from fastdiag.trial.team import Desk
from tests.trial.tables import table


@pytest.fixture
def rules(tmp_path: Path) -> Rulebook:
    return table(tmp_path / "rules")


def mutants(rules: Rulebook) -> Iterator[Mutant]:
    for row in rows_of(rules):
        yield from mutants_of(row)


def tried(rules: Rulebook, mutant: AnyMutant) -> MutantTried:
    return try_mutant(Desk(rules, cases_of(rules)), Probe(mutant=mutant, until=time.time() + 60))


def test_each_comparison_is_flipped_alone_and_each_weight_moved_one_step() -> None:
    one, other, third = (
        Comparison(Operand(name), Operator.GE, Operand("limit")) for name in ("one", "other", "third")
    )
    when = AllOf((one, AnyOf((other, Not(third)))))
    row = Row(
        cause="c",
        is_for=True,
        index=0,
        evidence=Evidence(when=when, weight=Weight.STRONG, because="so"),
    )
    assert [(one.change.value, one.said) for one in mutants_of(row)] == [
        ("flipped", "one < limit instead of >="),
        ("flipped", "other < limit instead of >="),
        ("flipped", "third < limit instead of >="),
        ("heavier", "decisive instead of strong"),
        ("lighter", "moderate instead of strong"),
        ("dropped", "(one >= limit and (other >= limit or not third >= limit))"),
    ]
    texts = [str(one.evidence.when) for one in mutants_of(row) if one.evidence]
    assert texts[2] == "(one >= limit and (other >= limit or not third < limit))"
    assert texts[3] == str(when)


def test_nothing_is_lighter_than_weak_or_heavier_than_decisive() -> None:
    when = Comparison(Operand("x"), Operator.GE, Operand("y"))
    for weight, missing in ((Weight.WEAK, Change.LIGHTER), (Weight.DECISIVE, Change.HEAVIER)):
        evidence = Evidence(when=when, weight=weight, because="so")
        changes = [one.change for one in mutants_of(Row(cause="c", is_for=True, index=0, evidence=evidence))]
        assert missing not in changes
        assert len(changes) == 3


def test_the_opposite_of_the_opposite_is_the_operator_itself() -> None:
    assert {OPPOSITE[OPPOSITE[operator]] is operator for operator in Operator} == {True}


def test_only_the_row_meant_is_changed(rules: Rulebook) -> None:
    for mutant in mutants(rules):
        changed = mutated(rules, mutant)
        row = mutant.row
        for cause in rules.causes:
            for is_for in (True, False):
                before = cause.supports if is_for else cause.contradicts
                now = changed.cause(cause.id)
                after = now.supports if is_for else now.contradicts
                if (cause.id, is_for) == (row.cause, row.is_for):
                    kept = [one for at, one in enumerate(before) if at != row.index]
                    assert [one for one in after if one != mutant.evidence] == kept
                else:
                    assert after == before


def test_who_tests_a_row_notices_and_who_does_not_does_not(rules: Rulebook) -> None:
    fates = {
        (one.row.evidence.because, one.change, str(one.evidence and one.evidence.when)): tried(rules, one)
        for one in mutants(rules)
    }
    flipped = fates["requests queue", Change.FLIPPED, "x.queue < 1"]
    assert (flipped.fate, flipped.noticed_by) == (Fate.NOTICED, "pool: a queue")
    assert fates["requests queue", Change.DROPPED, "None"].fate is Fate.NOTICED
    assert fates["nothing waits for a lock", Change.LIGHTER, "x.lag < 10ms"].fate is Fate.NOTICED
    idle = fates["it computes", Change.DROPPED, "None"]
    assert (idle.fate, idle.concerned) == (Fate.SURVIVED, 0)
    lax = fates["many come", Change.HEAVIER, "x.rate > 5/s"]
    assert lax.fate is Fate.SURVIVED
    assert lax.concerned >= 1


def test_the_cases_that_are_passed_over_would_not_have_noticed(rules: Rulebook) -> None:
    cases = cases_of(rules)
    for mutant in all_mutants(rules):
        changed = mutated(rules, mutant)
        notices = any(judge(case, changed)[1] for case in cases)
        assert (tried(rules, mutant).fate is Fate.NOTICED) == notices, mutant.said


def symptom_changes(rules: Rulebook) -> dict[tuple[Severity | None, Change], SymptomMutant]:
    found = [one for one in all_mutants(rules) if isinstance(one, SymptomMutant)]
    return {(one.level, one.change): one for one in found}


def test_conditions_and_severities_of_symptoms_are_flipped_and_severities_dropped(rules: Rulebook) -> None:
    assert {key: one.said for key, one in symptom_changes(rules).items()} == {
        (None, Change.FLIPPED): "x.latency <= $slow instead of >",
        (Severity.CRITICAL, Change.FLIPPED): "x.latency <= 10s instead of >",
        (Severity.CRITICAL, Change.DROPPED): "x.latency > 10s",
    }
    for one in symptom_changes(rules).values():
        changed = mutated(rules, one)
        assert changed.causes == rules.causes
        assert changed.symptom("slow") != rules.symptom("slow")
    assert (
        mutated(rules, symptom_changes(rules)[Severity.CRITICAL, Change.DROPPED]).symptom("slow").severity
        == {}
    )


def test_a_severity_is_noticed_by_a_scenario_that_says_the_status(rules: Rulebook) -> None:
    dropped = symptom_changes(rules)[Severity.CRITICAL, Change.DROPPED]
    flipped = symptom_changes(rules)[Severity.CRITICAL, Change.FLIPPED]
    for mutant in (dropped, flipped):
        assert tried(rules, mutant).fate is Fate.SURVIVED
    slow = {"x.latency": Given(value=parse_quantity("20s"))}
    scenario = Scenario(name="far too slow", given=slow, status=Status.CRITICAL)
    desk = Desk(rules, cases_of(rules, [scenario]))
    for mutant in (dropped, flipped):
        found = try_mutant(desk, Probe(mutant=mutant, until=time.time() + 60))
        assert (found.fate, found.noticed_by) == (Fate.NOTICED, "scenario: far too slow")


def test_an_edge_is_noticed_where_the_order_of_both_ends_is_said(rules: Rulebook) -> None:
    (edge,) = [one for one in all_mutants(rules) if isinstance(one, EdgeMutant)]
    assert (edge.cause, edge.driver, edge.said) == ("pool", "locks", "driven_by: locks")
    assert mutated(rules, edge).cause("pool").driven_by == ()
    given = {"x.latency": "4s", "x.lag": "1.05s", "x.queue": "3"}
    both = Scenario(
        name="a lock drains the pool",
        given={name: Given(value=parse_quantity(text)) for name, text in given.items()},
        ranking=("locks", "pool"),
    )
    assert tried(rules, edge).fate is Fate.SURVIVED
    found = try_mutant(Desk(rules, cases_of(rules, [both])), Probe(mutant=edge, until=time.time() + 60))
    assert found.fate is Fate.NOTICED


def test_only_symptoms_that_others_do_not_explain_are_changed_with_single_causes(rules: Rulebook) -> None:
    kinds = {about: {type(one) for one in all_mutants(rules, about)} for about in (("pool",), ("locks",))}
    assert kinds == {("pool",): {Mutant, EdgeMutant}, ("locks",): {Mutant}}
    assert SymptomMutant in {type(one) for one in all_mutants(rules, ("pool", "locks"))}


def test_when_the_time_is_up_the_rest_is_not_tried(rules: Rulebook) -> None:
    found = try_table(rules, cases_of(rules), Asked(mutate_s=0.0))
    assert found.mutants
    fates = {one.fate for one in found.mutants if one.concerned or one.fate is Fate.UNTRIED}
    assert fates == {Fate.UNTRIED}
    assert found.survivors == tuple(one for one in found.mutants if one.fate is Fate.SURVIVED)


def test_an_example_that_fails_already_is_no_witness(rules: Rulebook) -> None:
    """It would seem to notice whatever is done."""
    pool = rules.cause("pool")
    wrong = replace(pool.examples[1], name="wrong", expect=pool.examples[0].expect)
    broken = replace(
        rules,
        causes=tuple(
            replace(pool, examples=(wrong,)) if cause is pool else replace(cause, examples=())
            for cause in rules.causes
        ),
    )
    found = try_table(broken, cases_of(broken), Asked(mutate_s=60.0))
    assert len(found.failed) == 1
    assert {one.fate for one in found.mutants or ()} == {Fate.SURVIVED}
