"""The table in two steps: what sources are asked for, and then what judges their answers."""

from pathlib import Path

import pytest

from fastdiag.errors import RuleError
from fastdiag.rulebook.groundwork import load_groundwork
from fastdiag.rulebook.load import builtin_rules, complete_rulebook, load_rulebook
from tests.rulebook.tables import changed, write


def test_two_steps_give_the_same_table_as_one() -> None:
    folder = builtin_rules()
    assert complete_rulebook(folder, load_groundwork(folder)) == load_rulebook(folder)


def test_a_fault_in_what_is_asked_for_is_told_in_the_first_step(tmp_path: Path) -> None:
    write(tmp_path, changed("parameters.yaml", "slow: 1s", "slow: soon"))
    with pytest.raises(RuleError, match=r"rules/parameters\.yaml:1:7"):
        load_groundwork(tmp_path)


def test_a_fault_in_what_judges_is_told_in_the_second_step(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "causes" / "empty.yaml").touch()
    ground = load_groundwork(tmp_path)
    with pytest.raises(RuleError, match=r"rules/causes/empty\.yaml.*the file is empty"):
        complete_rulebook(tmp_path, ground)
