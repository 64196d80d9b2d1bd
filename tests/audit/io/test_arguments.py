from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.arguments import arguments_of
from fastdiag.audit.naming import shown
from tests.audit.work.ground import written


@pytest.mark.parametrize(
    ("lines", "call", "named", "is_open"),
    [
        ("pass", "target(1, a=2)", {"a": "2"}, False),
        ("o = {'a': 1}; o['b'] = 2; o.update(c=3)", "target(**o)", {"a": "1", "b": "2", "c": "3"}, False),
        ("o = dict(a=1) | {'b': 2}", "target(**o)", {"a": "1", "b": "2"}, False),
        ("o = {'a': 1} if x else {'a': 2}", "target(**o)", {"a": "2"}, False),
        ("o = {'a': 1}; o = {**o, 'b': 2}", "target(**o)", {"a": "1", "b": "2"}, False),
        ("p = {}; q = {**p}; p = {**q}", "target(**p)", {}, False),
        ("o = {'a': 1}; o.update(x)", "target(**o)", {"a": "1"}, True),
        ("x.update(a=1)", "target(**x)", {}, True),
        ("o = {name(): 1, 'a': 2}", "target(**o)", {"a": "2"}, True),
        ("pass", "target(**SHARED)", {"timeout": "3"}, False),
        ("pass", "target(**ABSENT)", {}, True),
        ("pass", "target(*x, a=1)", {"a": "1"}, True),
        ("pass", "target(**x.options)", {}, True),
        ("o = " + " | ".join("{}" for _ in range(90)), "target(**o)", {}, True),
    ],
)
def test_what_a_call_is_given_is_read_as_far_as_the_source_tells(
    tmp_path: Path, lines: str, call: str, named: dict[str, str], *, is_open: bool
) -> None:
    source = (
        f"from lib import target, name\nSHARED = {{'timeout': 3}}\n\ndef f(x):\n    {lines}\n    {call}\n"
    )
    project = written(tmp_path, {"main.py": source})
    (made,) = project.calls_to("lib.target")
    arguments = arguments_of(made)
    assert {key: shown(node) for key, node in arguments.named.items()} == named
    assert arguments.is_open is is_open


def test_an_argument_that_may_come_from_elsewhere_is_not_said_to_be_missing(tmp_path: Path) -> None:
    source = (
        "from lib import target\n\ndef f(*x, **y):\n    target(1, *x)\n    target(**y)\n    target(1, 2)\n"
    )
    starred, spread, plain = (
        arguments_of(one) for one in written(tmp_path, {"main.py": source}).calls_to("lib.target")
    )
    assert [one.lacks("timeout", 1) for one in (starred, spread, plain)] == [False, False, False]
    assert plain.lacks("timeout", 2)
    assert plain.get("timeout", 1) is not None
