"""The built-in table passes its own examples and scenarios, and they decide every row of it."""

from __future__ import annotations

from fastdiag.rulebook.load import builtin_rules
from fastdiag.rulebook.tested import load_tested
from fastdiag.trial import Asked, cases_of, try_table


def test_every_scenario_is_met_and_every_row_decided() -> None:
    tested = load_tested(builtin_rules())
    assert tested.scenarios
    found = try_table(tested.book, cases_of(tested.book, tested.scenarios), Asked(coverage=True, jobs=1))
    assert [(case.label, list(map(str, tried.differences))) for case, tried in found.failed] == []
    assert [seen.row.evidence.where for seen in found.undecided] == []
