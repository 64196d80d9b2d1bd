"""rules/symptoms.yaml: what a person would notice, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.model.rule import Condition, Severity, Symptom
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.renames import Renames
from fastdiag.rulebook.rows import Rows, rows_by_id
from fastdiag.rulebook.vocabulary import Names, Vocabulary

SYMPTOM: Final = Shape(
    "a symptom", ("id", "title", "means", "suspects"), ("when", "severity", "instead_of", "replaces")
)
SEVERITY: Final = Shape("'severity'", (), tuple(Severity))
ROWS: Final = Rows("symptom", "low-cpu-high-latency")


def symptom_rows(folders: Iterable[Folder], renames: Renames, problems: Problems) -> dict[str, Node]:
    """Return the rows by id; those of later folders replace earlier ones of the same id."""
    rows: dict[str, Node] = {}
    for folder in folders:
        own = rows_by_id([(one.tree, "symptoms.yaml") for one in folder.symptoms], ROWS, problems)
        replaced = renames.read(own)
        rows = {name: row for name, row in rows.items() if name not in replaced} | own
    return rows


def read_symptom(row: Node, names: Names, problems: Problems) -> Symptom:
    """Return one symptom; ``names`` are the ids it may name."""
    vocabulary = names.vocabulary
    fields = Fields(row, SYMPTOM, problems)
    when = fields.get("when")
    return Symptom(
        id=fields.text("id"),
        title=fields.text("title"),
        when=read_condition(when, "'when'", vocabulary, problems) if when else None,
        severity=read_severity(fields.get("severity"), vocabulary, problems),
        means=fields.text("means"),
        suspects=names.causes_in(fields.get("suspects"), "'suspects'", problems),
        instead_of=names.symptoms_in(fields.get("instead_of"), "'instead_of'", problems),
        where=str(row.place),
    )


def read_severity(node: Node | None, vocabulary: Vocabulary, problems: Problems) -> dict[Severity, Condition]:
    """Return for each level the condition that makes it so; note what is wrong."""
    if node is None:
        return {}
    fields = Fields(node, SEVERITY, problems)
    levels = {level: fields.get(level) for level in Severity}
    read = {
        level: read_condition(node, repr(str(level)), vocabulary, problems)
        for level, node in levels.items()
        if node
    }
    return {level: condition for level, condition in read.items() if condition is not None}
