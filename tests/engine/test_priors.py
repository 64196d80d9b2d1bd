"""How likely causes are before their evidence, and what a long list of drivers must not do to them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fastdiag.engine.prior import UNSUSPECTED, nothing_odds, prior_odds
from fastdiag.model.rule import Kind
from tests.engine.tables import book, judged, roots

QUEUE = """
evidence:
  for:
    - {when: "x.queue >= 5", weight: decisive, because: there is a queue}
  against:
    - {when: "x.queue < 1", weight: decisive, because: there is none}
"""
LAG = QUEUE.replace("x.queue >= 5", "x.lag > 1s").replace("x.queue < 1", "x.lag < 1s")


def test_the_last_of_many_suspects_is_still_no_less_likely_than_one_who_is_none(tmp_path: Path) -> None:
    table = book(tmp_path, **{f"c{number:02}": QUEUE for number in range(20)})

    odds = prior_odds(table, {"slow": True})

    assert odds["c00"] > odds["c01"] > odds["c02"]
    assert odds["c19"] == pytest.approx(UNSUSPECTED / (1 - UNSUSPECTED))
    assert min(odds.values()) >= max(prior_odds(table, {"slow": False}).values())


def test_where_a_symptom_of_a_failure_holds_nothing_weighs_less(tmp_path: Path) -> None:
    table = book(tmp_path, own=QUEUE)
    blind = dataclasses.replace(table.causes[0], kind=Kind.VISIBILITY)

    assert nothing_odds(table, {"slow": True}) < 1
    assert nothing_odds(table, {"slow": False}) == nothing_odds(table, {"slow": None}) == 1
    # That nobody can see where time goes does not yet mean that anything fails.
    assert nothing_odds(dataclasses.replace(table, causes=(blind,)), {"slow": True}) == 1


def test_what_only_people_notice_counts_when_somebody_has_reported_it(tmp_path: Path) -> None:
    table = book(tmp_path, own=QUEUE)
    slow = dataclasses.replace(table.symptom("slow"), when=None)
    table = dataclasses.replace(table, symptoms=(slow,))

    assert prior_odds(table, {"slow": None}) == prior_odds(table, {"slow": False})
    assert prior_odds(table, {"slow": True})["own"] > prior_odds(table, {"slow": None})["own"]


def test_drivers_of_which_nothing_is_known_do_not_take_a_cause_its_place(tmp_path: Path) -> None:
    def root_of_own(drivers: int) -> float:
        names = [f"d{number:02}" for number in range(drivers)]
        driven = f"\ndriven_by: [{', '.join(names)}]\n{QUEUE}"
        table = book(tmp_path / str(drivers), own=driven, **dict.fromkeys(names, LAG))
        root = roots(judged(table, x_latency=4.0, x_queue=9))
        assert max(root, key=lambda name: root[name]) == "own"
        return root["own"]

    # Not quite the same: of fewer suspects each is likelier.
    assert root_of_own(12) == pytest.approx(root_of_own(4), rel=0.1)


def test_a_consequence_of_which_nothing_is_seen_is_not_listed(tmp_path: Path) -> None:
    table = book(tmp_path, root=QUEUE, follows=f"\ndriven_by: [root]\n{LAG}")

    unseen = judged(table, x_latency=4.0, x_queue=9)
    seen = judged(table, x_latency=4.0, x_queue=9, x_lag=3.0)

    assert [cause.id for cause in unseen.causes] == ["root"]
    assert [(cause.id, cause.driven_by) for cause in seen.causes] == [("root", None), ("follows", "root")]


def test_a_driver_for_which_something_speaks_becomes_the_root(tmp_path: Path) -> None:
    names = [f"d{number:02}" for number in range(12)]
    driven = f"\ndriven_by: [{', '.join(names)}]\n{QUEUE}"
    rate = LAG.replace("x.lag > 1s", "x.rate > 5/s").replace("x.lag < 1s", "x.rate < 5/s")
    causes = {name: LAG if name == "d11" else rate for name in names}
    table = book(tmp_path, own=driven, **causes)

    root = roots(judged(table, x_latency=4.0, x_queue=9, x_lag=3.0, x_rate=0))

    assert max(root, key=lambda name: root[name]) == "d11"
