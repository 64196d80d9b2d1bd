"""The JSON Schemas that editors use know the whole table, and refuse most of what the loader does."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from fastdiag.model.rule import Rulebook
from fastdiag.rulebook.editor import FOLDER, schemas, texts
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from fastdiag.rulebook.skeleton import Part, place, skeleton
from tests.rulebook.tables import CAUSE, SIGNALS, SYMPTOMS

KINDS = ("causes", "signals", "parameters", "symptoms", "limits", "alerts", "scenarios")


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(builtin_rules())


@pytest.fixture(scope="module")
def validators(book: Rulebook) -> dict[str, jsonschema.Draft7Validator]:
    made = json.loads(json.dumps(schemas(book)))
    for schema in made.values():
        jsonschema.Draft7Validator.check_schema(schema)
    return {name: jsonschema.Draft7Validator(schema) for name, schema in made.items()}


def files_of(kind: str) -> list[Path]:
    return sorted((builtin_rules() / kind).glob("*.yaml")) or [builtin_rules() / f"{kind}.yaml"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_the_table_is_valid(
    validators: dict[str, jsonschema.Draft7Validator], kind: str
) -> None:
    for file in files_of(kind):
        found = [error.message for error in validators[kind].iter_errors(yaml.safe_load(file.read_text()))]
        assert found == [], file.name


def test_the_shipped_schemas_are_those_of_the_table(book: Rulebook) -> None:
    """FASTDIAG_UPDATE_GOLDEN=1 writes them anew."""
    folder = builtin_rules() / FOLDER
    for name, text in texts(book).items():
        if os.environ.get("FASTDIAG_UPDATE_GOLDEN"):
            (folder / name).write_text(text)
        assert (folder / name).read_text() == text, "FASTDIAG_UPDATE_GOLDEN=1 writes them anew"


@pytest.mark.parametrize("part", Part)
def test_a_skeleton_is_valid_and_names_its_schema(
    validators: dict[str, jsonschema.Draft7Validator], part: Part
) -> None:
    name = "shop.queue.depth" if part is Part.SIGNAL else "cert-expired"
    text, file = skeleton(part, name, "ours"), Path(place(part, name))
    kind = Path(text.splitlines()[0].partition("$schema=")[2])

    assert (file.parent / kind).parts[-2:] == (FOLDER, f"{file.parent}.json")
    assert not list(validators[str(file.parent)].iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("causes", CAUSE.replace("weight: strong", "weight: strongest")),
        ("causes", CAUSE.replace("because:", "becuase:")),
        ("causes", CAUSE.replace("fix: {now:", "fix: {nnow:")),
        ("causes", CAUSE.replace("expect: ruled out", "expect: never")),
        ("causes", CAUSE.replace("  for:", "  fur:")),
        ("causes", f"schema: 2\n{CAUSE}"),
        ("signals", SIGNALS.replace("unit: s\n", "unit: seconds\n")),
        ("signals", SIGNALS.replace("{gauge:", "{guage:")),
        ("signals", SIGNALS.replace("quantile: 0.95, ", "")),
        ("symptoms", SYMPTOMS.replace("{all:", "{every:")),
        ("parameters", "slow: fast\n"),
    ],
)
def test_what_is_wrong_is_underlined(
    validators: dict[str, jsonschema.Draft7Validator], kind: str, text: str
) -> None:
    assert list(validators[kind].iter_errors(yaml.safe_load(text)))


def test_ids_are_offered_with_their_titles_and_keys_are_explained(book: Rulebook) -> None:
    made: Any = json.loads(json.dumps(schemas(book)["causes"]))
    offered = {one.get("const"): one.get("description") for one in made["$defs"]["signal"]["anyOf"]}

    assert offered["db.pool.utilization"] == book.catalogue.signals["db.pool.utilization"].title
    assert (
        "decisive"
        in made["properties"]["evidence"]["properties"]["for"]["items"]["properties"]["weight"]["description"]
    )
    assert set(made["properties"]) - {"schema"} <= {
        key for key, one in made["properties"].items() if "description" in one
    }
