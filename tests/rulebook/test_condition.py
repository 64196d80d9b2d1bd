import pytest
from inline_snapshot import snapshot

from fastdiag.located.problems import Problems
from fastdiag.rulebook.condition import read_condition
from tests.rulebook.tables import WORDS, faults, tree


def read(text: str) -> str:
    problems = Problems()
    condition = read_condition(tree(text), "'when'", WORDS, problems)
    assert problems.found == []
    return str(condition)


def refused(text: str) -> str:
    problems = Problems()
    read_condition(tree(text), "'when'", WORDS, problems)
    return faults(problems)


def test_conditions_nest() -> None:
    text = '{all: ["service.cpu < 50%", {any: ["http.rps > 5", {not: "http.latency.p95 > $slow"}]}]}'

    assert read(text) == "(service.cpu < 50% and (http.rps > 5 or not http.latency.p95 > $slow))"


def test_a_group_of_one_is_that_one() -> None:
    assert read('{any: ["service.cpu < 50%"]}') == "service.cpu < 50%"


def test_a_group_is_the_same_finding_in_any_order_and_spelling() -> None:
    problems = Problems()
    one, other = (
        read_condition(tree(text), "'when'", WORDS, problems)
        for text in (
            '{not: {any: ["service.cpu < 50%", "http.rps > 5"]}}',
            '{not: {any: ["http.rps > 5/s", "service.cpu < 0.5", "service.cpu < 50%"]}}',
        )
    )

    assert one is not None
    assert other is not None
    assert one.key == other.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '["service.cpu < 50%", "http.rps > 5"]',
            snapshot("""\
x.yaml:1:1: 'when' is a list, which does not say how its items combine
  hint: {all: [...]}, {any: [...]} or {not: ...}\
"""),
        ),
        ('{any: "service.cpu < 50%"}', snapshot("x.yaml:1:7: 'any' must be a list, and is a text")),
        ("{any: []}", snapshot("x.yaml:1:7: 'any' lists no condition")),
        (
            '{all: ["service.cpu < 50%"], any: ["http.rps > 5"]}',
            snapshot("""\
x.yaml:1:1: 'when' must have exactly one of the keys all, any and not
  hint: {all: [...]}, {any: [...]} or {not: ...}\
"""),
        ),
        (
            '{anny: ["service.cpu < 50%"]}',
            snapshot("""\
x.yaml:1:2: conditions are nested with all, any and not, and this is 'anny'
  hint: did you mean 'any'?\
"""),
        ),
        (
            '{or: ["service.cpu < 50%"]}',
            snapshot("""\
x.yaml:1:2: conditions are nested with all, any and not, and this is 'or'
  hint: {all: [...]}, {any: [...]} or {not: ...}\
"""),
        ),
        (
            'any: ["service.cpu < 50%", {not: "http.rsp > 5"}, "service.cpu < 5s"]',
            snapshot("""\
x.yaml:1:35: unknown signal 'http.rsp'
  hint: did you mean 'http.rps'?
x.yaml:1:66: 5s does not fit service.cpu, which is a ratio
  hint: write 95% or 0.95\
"""),
        ),
        (
            "no",
            snapshot("""\
x.yaml:1:1: 'when' is no without quotes, which YAML reads as the truth value false
  hint: if the text is meant, write "no"\
"""),
        ),
        ("{not: }", snapshot("x.yaml:1:7: 'not' is empty")),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(text: str, said: str) -> None:
    assert refused(text) == said
