import pytest

from fastdiag.errors import RuleError
from fastdiag.located.problems import SHOWN_CHARACTERS, Place, Problems


def test_one_fault_is_an_error_of_its_own() -> None:
    problems = Problems()
    problems.note(Place("rules/x.yaml", 3, 7), "wrong", "do this")

    with pytest.raises(RuleError) as caught:
        problems.raise_any()
    assert (caught.value.where, caught.value.message, caught.value.hint) == (
        "rules/x.yaml:3:7",
        "wrong",
        "do this",
    )


def test_several_are_told_in_the_order_of_files_and_lines() -> None:
    problems = Problems()
    for file, line in (("b.yaml", 1), ("a.yaml", 10), ("a.yaml", 9), ("a.yaml", 9)):
        problems.note(Place(file, line, 1), "wrong")

    with pytest.raises(RuleError) as caught:
        problems.raise_any()
    assert str(caught.value).splitlines() == [
        "3 faults in the rules",
        "  a.yaml:9:1: wrong",
        "  a.yaml:10:1: wrong",
        "  b.yaml:1:1: wrong",
    ]


def test_no_fault_is_no_error() -> None:
    problems = Problems()
    problems.raise_any()

    assert problems.found == []


def test_what_a_file_says_cannot_command_the_terminal_or_flood_it() -> None:
    problems = Problems()
    problems.note(Place("x.yaml"), "unknown key \x1b[31mred\n", "\x9b2J")
    problems.note(Place("y.yaml"), "x" * 10_000)

    escape, flood = problems.found
    assert escape.message == "unknown key \\x1b[31mred\\n"
    assert escape.hint == "\\x9b2J"
    assert len(flood.message) < SHOWN_CHARACTERS + 10
