"""Coverage: which rows of evidence the examples of their cause, and scenarios about it, decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.model.diagnosis import Status
from fastdiag.model.example import Given
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.rule import Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.model.trial import Trials
from fastdiag.trial import Asked, cases_of, try_table
from tests.trial.tables import table


@pytest.fixture
def rules(tmp_path: Path) -> Rulebook:
    return table(tmp_path / "rules")


def decided(rules: Rulebook, *scenarios: Scenario, about: tuple[str, ...] = ()) -> dict[str, tuple[int, int]]:
    found = tried(rules, *scenarios, about=about)
    return {f"{one.row.cause} {one.row.evidence.when}": (one.true, one.false) for one in found.coverage or ()}


def tried(rules: Rulebook, *scenarios: Scenario, about: tuple[str, ...] = ()) -> Trials:
    return try_table(rules, cases_of(rules, scenarios), Asked(coverage=True, about=about))


def test_a_row_is_decided_by_the_examples_of_its_own_cause(rules: Rulebook) -> None:
    assert decided(rules) == {
        "locks x.lag > 1s": (1, 1),
        "locks x.rate > 5/s": (1, 1),
        "locks x.lag < 10ms": (1, 1),
        "pool x.queue >= 1": (1, 1),
        "pool (x.size >= 5 or x.rate > 900/s)": (0, 0),
        "pool x.cpu > 90%": (0, 0),
    }
    undecided = tried(rules).undecided
    assert [one.row.evidence.because for one in undecided] == ["much of it", "it computes"]
    places = {one.row.evidence.where.partition(":")[0] for one in undecided}
    assert places == {"rules/causes/pool.yaml"}


def test_a_scenario_counts_for_the_causes_that_it_names(rules: Rulebook) -> None:
    given = {"x.latency": Given(value=parse_quantity("4s")), "x.cpu": Given(value=parse_quantity("99%"))}
    busy = Scenario(name="busy", given=given, status=Status.WARNING)
    assert decided(rules, busy)["pool x.cpu > 90%"] == (0, 0)
    named = replace(busy, ranking=("pool",))
    assert decided(rules, named)["pool x.cpu > 90%"] == (1, 0)


def test_single_causes_can_be_looked_at(rules: Rulebook) -> None:
    assert {name.partition(" ")[0] for name in decided(rules, about=("locks",))} == {"locks"}
