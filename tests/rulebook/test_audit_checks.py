"""audit/checks.yaml: read strictly, with every fault at its place, and replaced by users row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.errors import RuleError
from fastdiag.model.audit import Check, Severity
from fastdiag.rulebook.audit.checks import known_names, load_checks
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules

OWN = """\
- id: missing-timeout
  title: A call without our timeout
  severity: critical
  mechanism: It happened to us in May.
  fix: Use shop.http.client().
  items: [dependency-timeouts]
  causes: [missing-timeout]
  references: ["https://wiki.example/timeouts"]
"""


def house(folder: Path, text: str) -> Path:
    (folder / "audit").mkdir(parents=True)
    (folder / "audit" / "checks.yaml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(RuleError) as caught:
        load_checks(builtin_rules(), [house(folder, text)])
    return str(caught.value).removeprefix(f"{folder}/audit/")


def item() -> str:
    """Return an item of the checklist that there is, whatever it is called."""
    return load_checklist(builtin_rules(), Checklist.READINESS)[0].id


def test_a_row_of_a_house_replaces_the_built_in_one_and_keeps_its_place(tmp_path: Path) -> None:
    built_in = load_checks(builtin_rules())
    own = OWN.replace("dependency-timeouts", item())
    checks = load_checks(builtin_rules(), [house(tmp_path / "house", own)])
    assert list(checks) == list(built_in)
    assert checks["missing-timeout"] == Check(
        id="missing-timeout",
        title="A call without our timeout",
        severity=Severity.CRITICAL,
        mechanism="It happened to us in May.",
        fix="Use shop.http.client().",
        items=(item(),),
        causes=("missing-timeout",),
        references=("https://wiki.example/timeouts",),
        where=f"{tmp_path}/house/audit/checks.yaml:1:3",
    )


def test_a_file_may_declare_its_schema(tmp_path: Path) -> None:
    rows = "".join(f"  {line}\n" for line in OWN.replace("dependency-timeouts", item()).splitlines())
    checks = load_checks(builtin_rules(), [house(tmp_path / "house", f"schema: 1\nchecks:\n{rows}")])
    assert checks["missing-timeout"].title == "A call without our timeout"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: x\n", "checks.yaml:1:1: checks.yaml must be a list, and is a mapping"),
        (
            "- {id: missing-timeuot, title: t, severity: note, mechanism: m, fix: f}",
            "1:3: the audit has no check 'missing-timeuot'\n  hint: did you mean 'missing-timeout'?",
        ),
        ("- {id: Bad_Id, title: t, severity: note, mechanism: m, fix: f}", "1:8: 'Bad_Id' cannot be an id"),
        ("- {id: x, title: t, severity: high, mechanism: m, fix: f}", "1:31: 'severity' is 'high'"),
        ("- {id: x, title: t, severity: note, mechanism: m}", "1:3: a check needs 'fix'"),
        ("- {id: x, title: t, severity: note, mechanism: m, fxi: f}", "did you mean 'fix'?"),
        (
            "- {id: long-timeout, title: t, severity: note, mechanism: m, fix: f, causes: [missing-timeuot]}",
            "'causes' names an unknown cause, 'missing-timeuot'\n  hint: did you mean 'missing-timeout'?",
        ),
        (
            "- {id: long-timeout, title: t, severity: note, mechanism: m, fix: f, items: [nothing-like-it]}",
            "'items' names an unknown readiness item, 'nothing-like-it'",
        ),
        (f"{OWN.replace('dependency-timeouts', '')}- id: missing-timeout\n", "already given in line 1"),
    ],
)
def test_every_fault_is_told_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path / "house", text)


def test_every_built_in_check_bears_on_an_item_or_is_about_the_audit_itself() -> None:
    checks = load_checks(builtin_rules())
    assert {check.id for check in checks.values() if not check.items} <= {"invalid-ignore"}
    assert all(check.causes for check in checks.values() if check.severity is not Severity.NOTE)


def test_a_check_may_name_a_cause_of_the_same_house(tmp_path: Path) -> None:
    (tmp_path / "causes").mkdir()
    (tmp_path / "causes" / "vendor-down.yaml").touch()
    assert "vendor-down" in known_names(builtin_rules(), [tmp_path]).causes
