"""Lint's look at evidence that no example exercises; every row of the shipped table is."""

from pathlib import Path

from fastdiag.rulebook.examine import examine
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from fastdiag.trial.undecided import undecided
from tests.rulebook.tables import CAUSE, CAUSE_FILE, TABLE, write

UNSEEN = '    - {when: "db.pool.in_use > 90", weight: weak, because: many are checked out}\n'


def test_an_example_decides_every_row_of_the_table() -> None:
    found = examine(builtin_rules())
    assert found.book is not None
    assert [row.evidence.when.text for row in undecided(found.book, found.scenarios)] == []


def test_a_row_whose_signal_no_example_gives_is_told_and_one_that_is_false_is_not(tmp_path: Path) -> None:
    files = {**TABLE, CAUSE_FILE: CAUSE.replace("  against:\n", f"{UNSEEN}  against:\n")}
    (row,) = undecided(load_rulebook(write(tmp_path / "rules", files)))
    assert (row.cause, row.is_for, row.evidence.when.text) == (
        "db-pool-exhaustion",
        True,
        "db.pool.in_use > 90",
    )
