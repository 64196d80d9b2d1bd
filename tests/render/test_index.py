"""rules/README.md is the table's index, and nobody has to remember to write it."""

import os

from fastdiag.render.index import render
from fastdiag.rulebook.load import builtin_rules
from tests.engine.tables import builtin


def test_the_index_beside_the_rules_is_up_to_date() -> None:
    index = builtin_rules() / "README.md"
    wanted = render(builtin())
    if os.environ.get("FASTDIAG_UPDATE_GOLDEN"):
        index.write_text(wanted, encoding="utf-8")
    assert index.read_text(encoding="utf-8") == wanted, "run the test with FASTDIAG_UPDATE_GOLDEN=1"
