"""`# fastdiag: ignore[id] reason`: where it counts, and what is said when it does not."""

from __future__ import annotations

import pytest

from fastdiag.model.audit import CodeAudit, Dismissal
from tests.audit.output.grown import Grown

ROUTE = """\
import time
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
async def root():
    {before}
    time.sleep({argument}){after}
"""
GOOD = "# fastdiag: ignore[blocking-call] a pause that a test needs"


def source(before: str = "pass", argument: str = "1", after: str = "") -> str:
    return ROUTE.format(before=before, argument=argument, after=after)


def complaints(found: CodeAudit) -> list[tuple[str, str]]:
    return [(one.message, one.fix) for one in found.findings if one.check == "invalid-ignore"]


def test_without_a_comment_the_call_is_found(tree: Grown) -> None:
    tree.write(source())
    assert len(tree.blocking()) == 1


@pytest.mark.parametrize(
    "text",
    [
        source(after=f"  {GOOD}"),
        source(before=GOOD),
        source(before=f"{GOOD}\n    # and another comment\n"),
        source(argument=f"\n        1,  {GOOD}\n    "),
        source(after="  # noqa: X1  # fastdiag:ignore[blocking-call]: as agreed"),
        source(after="  # fastdiag: ignore[missing-timeout, blocking-call] as agreed"),
    ],
    ids=["same line", "line above", "two lines above", "inside the call", "after noqa", "several ids"],
)
def test_a_comment_with_a_reason_sets_the_finding_aside(tree: Grown, text: str) -> None:
    tree.write(text)
    found = tree.audit()
    assert [one.finding.check for one in found.dismissed] == ["blocking-call"]
    assert found.dismissed[0].by is Dismissal.COMMENT
    assert found.dismissed[0].reason
    assert "blocking-call" not in {one.check for one in found.findings}


@pytest.mark.parametrize(
    "text",
    [
        source(before=f"x = 1  {GOOD}"),
        source(after=f"\n    return 1  {GOOD}"),
        source(before=f'"""{GOOD}"""'),
        f"{GOOD}\n\nx = 1\n{source()}",
        f"{source()}\n{GOOD}\n",
    ],
    ids=["statement before", "statement after", "in a text", "top of the file", "end of the file"],
)
def test_a_comment_elsewhere_sets_nothing_aside(tree: Grown, text: str) -> None:
    tree.write(text)
    assert len(tree.blocking()) == 1


@pytest.mark.parametrize(
    ("comment", "message", "fix"),
    [
        (
            "# fastdiag: ignore[blocking-cal] x",
            "there is no check 'blocking-cal'",
            "did you mean 'blocking-call'?",
        ),
        (
            "# fastdiag: ignore[blocking-call]",
            "the comment gives no reason, so blocking-call still counts",
            "say why",
        ),
        ("# fastdiag: ignore", "the comment names no check, so it sets nothing aside", "name it"),
        (
            "# fastdiag: ignores[blocking-call] x",
            "fastdiag knows no comment 'ignores'",
            "did you mean 'ignore'?",
        ),
    ],
)
def test_a_comment_that_is_wrong_is_told_and_does_not_count(
    tree: Grown, comment: str, message: str, fix: str
) -> None:
    tree.write(source(after=f"  {comment}"))
    assert len(tree.blocking()) == 1
    ((told, advice),) = complaints(tree.audit())
    assert told == message
    assert advice.startswith(fix)


def test_a_comment_that_has_outlived_its_cause_is_told_at_its_place(tree: Grown) -> None:
    tree.write(source(before=f"x = 1  {GOOD}", argument="0"))
    (fault,) = [one for one in tree.audit().findings if one.check == "invalid-ignore"]
    assert fault.message == "there is no blocking-call here to set aside"
    assert (fault.place.line, fault.place.column) == (8, 12)


def test_where_a_file_could_not_be_read_no_comment_is_called_useless(tree: Grown) -> None:
    tree.write(source(before=f"x = 1  {GOOD}", argument="0"))
    tree.write("print 'a caller, perhaps'", "old.py")
    assert complaints(tree.audit()) == []


def test_a_comment_that_is_of_use_is_not_told(tree: Grown) -> None:
    tree.write(source(after=f"  {GOOD}"))
    assert complaints(tree.audit()) == []
