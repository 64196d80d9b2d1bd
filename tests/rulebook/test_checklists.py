"""The two checklists: the field guide's items, read strictly, and consistent with the rest of the table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fastdiag.errors import RuleError
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules

ITEM = """\
- id: no-lazy-loading
  title: Nothing is loaded lazily
  group: Database
  why: Each row costs a query.
  obtain: Count them.
"""


def refusal(folder: Path, text: str) -> RuleError:
    (folder / "checklists").mkdir()
    (folder / "checklists" / "readiness.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        load_checklist(folder, Checklist.READINESS)
    return caught.value


def test_the_field_guide_has_twelve_items_of_observability_and_twenty_five_of_readiness() -> None:
    sizes = {name: len(load_checklist(builtin_rules(), name)) for name in Checklist}
    assert sizes == {Checklist.OBSERVABILITY: 12, Checklist.READINESS: 25}


def test_readiness_has_five_groups_of_five() -> None:
    items = load_checklist(builtin_rules(), Checklist.READINESS)
    assert list(Counter(item.group for item in items).values()) == [5] * 5


def test_items_name_causes_and_observability_items_that_there_are() -> None:
    items = load_checklist(builtin_rules(), Checklist.READINESS)
    causes = {path.stem for path in (builtin_rules() / "causes").glob("*.yaml")}
    sights = {item.id for item in load_checklist(builtin_rules(), Checklist.OBSERVABILITY)}
    assert {cause for item in items for cause in item.causes} <= causes
    assert {sight for item in items for sight in item.shown_by} <= sights


def test_every_readiness_item_says_what_to_do() -> None:
    assert all(item.fix for item in load_checklist(builtin_rules(), Checklist.READINESS))


def test_an_item_is_read_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "checklists").mkdir()
    (tmp_path / "checklists" / "readiness.yaml").write_text(ITEM + "  attest: true\n", encoding="utf-8")
    (item,) = load_checklist(tmp_path, Checklist.READINESS)
    assert (item.id, item.attest, item.where) == (
        "no-lazy-loading",
        True,
        "rules/checklists/readiness.yaml:1:3",
    )


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (ITEM.replace("obtain", "obtian"), "5:", "no key 'obtian'"),
        (ITEM + ITEM, "6:", "already given in line 1"),
        (ITEM.replace("no-lazy-loading", "No Lazy"), "1:", "cannot be an id"),
        (ITEM + "  attest: yes\n", "6:", "true or false"),
        ("id: x\n", "1:1", "must be a list"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, place: str, said: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, text)
    assert str(error.where).startswith(f"rules/checklists/readiness.yaml:{place}")
    assert said in error.message


def test_a_checklist_that_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "checklists").mkdir()
    with pytest.raises(RuleError, match="there are no items") as caught:
        load_checklist(tmp_path, Checklist.OBSERVABILITY)
    assert caught.value.where == "rules/checklists/observability.yaml"


def test_a_team_replaces_items_and_adds_its_own(tmp_path: Path) -> None:
    (tmp_path / "checklists").mkdir()
    own = ITEM.replace("Count them.", "Ask Kim.") + ITEM.replace("no-lazy-loading", "licences-checked")
    text = f"schema: 1\nreadiness:\n{own}"
    (tmp_path / "checklists" / "readiness.yaml").write_text(text, encoding="utf-8")
    items = load_checklist(builtin_rules(), Checklist.READINESS, [tmp_path])
    assert len(items) == 26
    assert items[-1].id == "licences-checked"
    assert next(item for item in items if item.id == "no-lazy-loading").obtain == "Ask Kim."


def test_a_file_of_no_checklist_is_told(tmp_path: Path) -> None:
    (tmp_path / "checklists").mkdir()
    (tmp_path / "checklists" / "readyness.yaml").write_text(ITEM, encoding="utf-8")
    with pytest.raises(RuleError, match="no checklist of this name") as caught:
        load_checklist(builtin_rules(), Checklist.READINESS, [tmp_path])
    assert "readiness" in str(caught.value.hint)
