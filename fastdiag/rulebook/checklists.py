"""checklists/*.yaml: the items of observability and of production readiness, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import choices, read_flag
from fastdiag.model.checklist import Item
from fastdiag.rulebook.declared import undeclared
from fastdiag.rulebook.folders import BUILTIN_LABEL, CHECKLISTS, Folder, read_folders
from fastdiag.rulebook.rows import Rows, rows_by_id

_ITEM: Final = Shape(
    "an item",
    ("id", "title", "group", "why", "obtain"),
    ("attest", "references", "fix", "causes", "shown_by"),
)

ROWS: Final = Rows("item", "request-ids")


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
    check_names(folders, problems)
    items = read_checklist(folders, name, problems)
    if not items and not problems.found:
        problems.note(Place(f"{BUILTIN_LABEL}/{CHECKLISTS}/{name}.yaml"), "there are no items")
    problems.raise_any()
    return items


def check_names(folders: Iterable[Folder], problems: Problems) -> None:
    """Note files that are none of the checklists that there are."""
    known = tuple(Checklist)
    for document in (one for folder in folders for one in folder.checklists if one.stem not in known):
        hint = choices(document.stem, known)
        problems.note(Place(document.label), "there is no checklist of this name", hint)


def read_checklist(folders: Iterable[Folder], name: Checklist, problems: Problems) -> tuple[Item, ...]:
    """Return the items of folders that have been read, none where there are none; note what is wrong."""
    rows: dict[str, Node] = {}
    for folder in folders:
        rows |= _rows_of(folder, name, problems)
    return tuple(_read(row, problems) for row in rows.values())


def _rows_of(folder: Folder, name: Checklist, problems: Problems) -> dict[str, Node]:
    files = [document for document in folder.checklists if document.stem == name]
    trees = [(undeclared(document.tree, name, problems), document.label) for document in files]
    return rows_by_id(trees, ROWS, problems)


def _read(row: Node, problems: Problems) -> Item:
    fields = Fields(row, _ITEM, problems)
    return Item(
        id=fields.text("id"),
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
