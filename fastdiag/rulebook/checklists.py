"""checklists/*.yaml: the items of observability and of production readiness, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import choices, read_flag, read_items
from fastdiag.model.checklist import Item
from fastdiag.rulebook.declared import undeclared
from fastdiag.rulebook.folders import BUILTIN_LABEL, CHECKLISTS, Folder, read_folders
from fastdiag.rulebook.symptoms import ID

_ITEM: Final = Shape(
    "an item",
    ("id", "title", "group", "why", "obtain"),
    ("attest", "references", "fix", "causes", "shown_by"),
)


class Checklist(StrEnum):
    """The checklists that there are, by the stems of their files."""

    OBSERVABILITY = "observability"
    READINESS = "readiness"


def load_checklist(builtin: Path, name: Checklist, extra: Sequence[Path] = ()) -> tuple[Item, ...]:
    """Return the items of a checklist in the order of its files.

    Those of later folders replace earlier ones by id; new ones stand at the end.

    Raises:
        RuleError: a file is wrong, or that of ``builtin`` is missing; the error tells all faults.

    """
    problems = Problems()
    folders = read_folders(builtin, extra, problems, (CHECKLISTS,))
    rows: dict[str, Node] = {}
    for folder in folders:
        rows |= _rows_of(folder, name, problems)
    if not rows and not problems.found:
        problems.note(Place(f"{BUILTIN_LABEL}/{CHECKLISTS}/{name}.yaml"), "there are no items")
    items = tuple(_read(row, problems) for row in rows.values())
    problems.raise_any()
    return items


def _rows_of(folder: Folder, name: Checklist, problems: Problems) -> dict[str, Node]:
    rows: dict[str, Node] = {}
    for document in folder.checklists:
        if document.stem not in tuple(Checklist):
            hint = choices(document.stem, tuple(Checklist))
            problems.note(Place(document.label), "there is no checklist of this name", hint)
        if document.stem == name:
            tree = undeclared(document.tree, name, problems)
            _add(rows, read_items(tree, document.label, problems) or (), problems)
    return rows


def _add(rows: dict[str, Node], nodes: Iterable[Node], problems: Problems) -> None:
    for row in nodes:
        own = _name(row) or f"row {len(rows) + 1}"
        if own in rows:
            problems.note(row.place, f"item {own} is already given in line {rows[own].place.line}")
        rows[own] = row


def _name(row: Node) -> str | None:
    entries = row.entries if isinstance(row, Table) else ()
    return next((node.text for key, node in entries if key.text == "id" and isinstance(node, Scalar)), None)


def _read(row: Node, problems: Problems) -> Item:
    fields = Fields(row, _ITEM, problems)
    name, node = fields.text("id"), fields.get("id")
    if node and name and not ID.fullmatch(name):
        problems.note(node.place, f"{name!r} cannot be an id", "an id is like request-ids")
    return Item(
        id=name,
        title=fields.text("title"),
        group=fields.text("group"),
        why=fields.text("why"),
        obtain=fields.text("obtain"),
        attest=bool(fields.read("attest", read_flag)),
        references=_texts(fields, "references"),
        where=str(row.place),
        fix=fields.text("fix"),
        causes=_texts(fields, "causes"),
        shown_by=_texts(fields, "shown_by"),
    )


def _texts(fields: Fields, key: str) -> tuple[str, ...]:
    return tuple(scalar.text for scalar in fields.texts(key))
