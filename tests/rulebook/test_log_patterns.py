"""An expression for log lines is used only where no line can make it expensive."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.model.signal import LogSource
from fastdiag.rulebook.log_patterns import LINE_CHARS, Refused, checked
from tests.engine.tables import builtin

PATTERNS = sorted(
    {
        pattern.regex
        for signal in builtin().catalogue.signals.values()
        for source in signal.sources
        if isinstance(source, LogSource)
        for pattern in (source.pattern, source.per, source.heard)
        if pattern
    }
)
ANYTHING = st.text(st.sampled_from("ab01 .[](){}|?*+\\^$-:<>P=dwsQueuePool"), max_size=30)


@pytest.mark.parametrize(
    ("regex", "said"),
    [
        ("(a+)+bcde", "busy"),
        (".*timed.*out", "busy"),
        ("(x{1,99}){1,99}abcd", "busy"),
        ("((((a{0,9}){0,9}){0,9}){0,9})long", "busy"),
        ("abc", "fixed text"),
        (r"\d{1,9}|died", "fixed text"),
        ("(?i)died", "not read here"),
        ("died(?= now)", "not read here"),
        (r"(a)died\1", "not read here"),
        (r"\x64ied!", "not read here"),
        ("died(", "not a regular expression"),
    ],
)
def test_an_expression_that_is_dear_or_unclear_is_refused(regex: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        checked(regex)


@pytest.mark.parametrize(
    ("regex", "literals"),
    [
        (r"limit of size (?P<size>\d{1,5}) reached", ("limit of size ",)),
        (r"\d+ died", (" died",)),
        ("Read timed out|ReadTimeout", ("Read timed out", "ReadTimeout")),
        (r"(?:gone )?\[CRITICAL\] x{2}", ("[CRITICAL] ",)),
        (r"[]a] closed?", (" close",)),
        (r"GET [^ ]*+ HTTP", (" HTTP",)),
    ],
)
def test_what_a_line_must_hold_is_read_from_the_expression(regex: str, literals: tuple[str, ...]) -> None:
    assert checked(regex).literals == literals


@given(regex=ANYTHING, line=ANYTHING)
def test_a_line_that_matches_holds_one_of_the_texts(regex: str, line: str) -> None:
    try:
        pattern = checked(regex)
    except Refused:
        return
    if re.search(regex, line):
        assert any(literal in line for literal in pattern.literals)


@given(data=st.data())
def test_a_match_of_a_built_in_expression_holds_one_of_its_texts(data: st.DataObject) -> None:
    regex = data.draw(st.sampled_from(PATTERNS))
    line = data.draw(st.from_regex(re.sub(r"(?<=[+*}])\+", "", regex)))
    if re.search(regex, line):
        assert any(literal in line for literal in checked(regex).literals)


@pytest.mark.parametrize("regex", PATTERNS)
def test_the_most_hostile_line_that_comes_to_mind_keeps_no_expression_busy(regex: str) -> None:
    pattern = re.compile(regex)
    for literal in checked(regex).literals:
        for filler in ("", "0", " ", "a.", '"', "/"):
            line = ((literal + filler) * LINE_CHARS)[:LINE_CHARS]
            started = time.process_time()
            pattern.search(line)
            assert time.process_time() - started < 1
