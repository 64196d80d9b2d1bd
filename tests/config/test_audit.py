"""`audit:` as people write it: what is left out, when it fails, and what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.config.audit_file import AuditFile
from fastdiag.config.flags import Flags
from fastdiag.config.settings import load_rule_settings
from fastdiag.errors import ConfigError
from fastdiag.model.audit import Severity


def audit(folder: Path, text: str) -> AuditFile:
    path = folder / "fastdiag.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rule_settings(Flags(config=path), {}).audit


def test_without_a_word_everything_is_told_and_nothing_fails(tmp_path: Path) -> None:
    assert audit(tmp_path, "service: shop\n") == AuditFile()


def test_what_is_left_out_and_when_it_fails(tmp_path: Path) -> None:
    text = """
    audit:
      exclude: [scripts/, "*_pb2.py"]
      skip: [no-tracing]
      fail_on: critical
      baseline: ci/known.json
    """
    found = audit(tmp_path, text)
    assert found.exclude == ("scripts/", "*_pb2.py")
    assert [(one.text, one.place.line) for one in found.skip] == [("no-tracing", 4)]
    assert found.fail_on is Severity.CRITICAL
    assert found.baseline == tmp_path / "ci" / "known.json"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("fail_on: severe", "not one of its words"),
        ("exclude: scripts/", "list"),
        ("excludes: [scripts/]", "no key 'excludes'"),
        ("skip: [true]", "true"),
        ("baseline: []", "'baseline'"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(entry: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        audit(tmp_path, f"audit:\n  {entry}\n")
    assert said in caught.value.message
    assert str(caught.value.where).startswith(f"{tmp_path}/fastdiag.yaml:2:")
