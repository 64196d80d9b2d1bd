"""`schema: 1` in rule files: accepted wherever a file can say it, and any other number is told."""

from pathlib import Path

import pytest

from fastdiag.errors import RuleError
from fastdiag.rulebook.load import load_rulebook
from tests.rulebook.tables import CAUSE, CAUSE_FILE, PARAMETERS, SIGNALS, SYMPTOMS, TABLE, write


def declared(number: str) -> dict[str, str]:
    listed = "\n".join(f"  {line}" for line in SYMPTOMS.splitlines())
    return {
        "parameters.yaml": f"schema: {number}\n{PARAMETERS}",
        "signals/all.yaml": f"schema: {number}\n{SIGNALS}",
        "symptoms.yaml": f"schema: {number}\nsymptoms:\n{listed}\n",
        CAUSE_FILE: f"schema: {number}\n{CAUSE}",
    }


def test_a_table_that_declares_its_schema_is_the_same_table(tmp_path: Path) -> None:
    plain, saying = (load_rulebook(write(tmp_path / name, files)) for name, files in
                     (("plain", dict(TABLE)), ("saying", declared("1"))))  # fmt: skip

    assert [symptom.id for symptom in saying.symptoms] == [symptom.id for symptom in plain.symptoms]
    assert saying.catalogue.signals.keys() == plain.catalogue.signals.keys()
    assert saying.parameters == plain.parameters
    assert [str(row.when) for row in saying.causes[0].supports] == [
        str(row.when) for row in plain.causes[0].supports
    ]


def test_a_schema_of_the_future_is_told_for_every_file(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as caught:
        load_rulebook(write(tmp_path / "rules", declared("2")))

    assert str(caught.value).count("reads rule files of schema 1, not 2") == len(declared("2"))
    assert "rules/symptoms.yaml:1:9: this version" in str(caught.value)


@pytest.mark.parametrize("number", ["one", "true", "'1'", "[1]"])
def test_a_schema_that_is_no_number_is_told(tmp_path: Path, number: str) -> None:
    with pytest.raises(RuleError) as caught:
        load_rulebook(write(tmp_path / "rules", {**TABLE, CAUSE_FILE: f"schema: {number}\n{CAUSE}"}))
    assert f"{CAUSE_FILE}:1:9: 'schema' must be" in str(caught.value)


def test_beside_the_list_of_a_file_nothing_else_may_stand(tmp_path: Path) -> None:
    files = {**TABLE, "symptoms.yaml": "schema: 1\nsymptom: []\n"}
    with pytest.raises(RuleError) as caught:
        load_rulebook(write(tmp_path / "rules", files))
    assert "symptoms.yaml must be a list, and is a mapping" in str(caught.value)
