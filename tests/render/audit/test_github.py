"""Annotations at the lines of a pull request."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.audit import CodePlace
from fastdiag.render.audit import github
from tests.render.audit.sheets import AUDIT, BLOCKED, EMPTY, SHEET


def test_each_severity_has_its_level_and_the_worst_comes_first() -> None:
    lines = github.render(SHEET).splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::warning", "::notice", "::warning"]
    assert lines[0].startswith(
        "::error file=backend/app/tax.py,line=41,col=16,title=blocking-call%3A A blocking"
    )
    assert "%0AGET /orders/{id} (backend/app/main.py:20) -> load_order" in lines[0]
    assert "in GET /orders/{id} (likely)%0A" in lines[0]
    assert "%0AA synchronous client holds the thread until the other side has answered.%0Afix: " in lines[0]
    assert lines[3].endswith("::not analysed: not valid syntax: Python 2")


def test_nothing_found_annotates_nothing() -> None:
    assert github.render(EMPTY) == ""


def test_a_name_from_outside_is_no_workflow_command() -> None:
    forged = replace(
        BLOCKED,
        place=CodePlace("a,b:c%\n::error::x.py", 1, 1),
        message="x\n::set-env name=A::b\r\n::error::y\x1b[31m%0A",
    )
    shown = github.render(replace(SHEET, audit=replace(AUDIT, findings=(forged,), unread=())))
    assert shown.count("\n") == 1
    assert shown.startswith("::error file=backend/a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.py,line=1")
    assert "%250A" in shown
    assert "\x1b" not in shown
