"""A finding keeps its name while lines come and go around it, and no two bear the same."""

from __future__ import annotations

from collections.abc import Iterable

from fastdiag.model.audit import Finding
from tests.audit.output.grown import Grown

SLEEPING = """\
import time
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
async def root():
    time.sleep(1)
"""


def names(found: Iterable[Finding]) -> list[str]:
    return [one.fingerprint for one in found]


def test_lines_above_a_comment_and_another_indentation_change_nothing(tree: Grown) -> None:
    tree.write(SLEEPING)
    before = names(tree.blocking())
    tree.write(
        SLEEPING.replace("import time", '"""A docstring."""\n\nimport os\nimport time').replace(
            "    time.sleep(1)", "    if True:\n        time.sleep(1)  # a short one"
        )
    )
    assert names(tree.blocking()) == before


def test_another_argument_function_or_file_is_another_finding(tree: Grown) -> None:
    tree.write(SLEEPING)
    (before,) = names(tree.blocking())
    for changed in (SLEEPING.replace("sleep(1)", "sleep(2)"), SLEEPING.replace("def root", "def other")):
        tree.write(changed)
        assert before not in names(tree.blocking())
    tree.write("", "main.py")
    tree.write(SLEEPING, "moved.py")
    assert before not in names(tree.blocking())


def test_two_equal_lines_are_told_apart_by_their_order(tree: Grown) -> None:
    tree.write(SLEEPING + "    x = 1\n    time.sleep(1)\n")
    first, second = names(tree.blocking())
    assert first != second
    tree.write(SLEEPING)
    assert names(tree.blocking()) == [first]
