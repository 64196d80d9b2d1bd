"""Lists whose rows bear an `id`: symptoms, limits, alerts, items of checklists, checks of the audit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_items

ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of a list are, and what one of their ids looks like."""

    what: str
    example: str

    @property
    def hint(self) -> str:
        """What to write instead of an id that cannot be one."""
        return f"an id is like {self.example}"


def rows_by_id(trees: Iterable[tuple[Node, str]], kind: Rows, problems: Problems) -> dict[str, Node]:
    """Return the rows of one folder by id, a row without one by its number; note ids that are wrong.

    ``trees`` are the files with the names that messages give them.
    """
    rows: dict[str, Node] = {}
    for tree, file in trees:
        for row in read_items(tree, file, problems) or ():
            given = _id_of(row)
            name = given.text if given and given.text else f"row {len(rows) + 1}"
            if given and given.text and not ID.fullmatch(name):
                problems.note(given.place, f"{name!r} cannot be an id", kind.hint)
            if name in rows:
                line = rows[name].place.line
                problems.note(row.place, f"{kind.what} {name} is already given in line {line}")
            rows[name] = row
    return rows


def _id_of(row: Node) -> Scalar | None:
    entries = row.entries if isinstance(row, Table) else ()
    return next((node for key, node in entries if key.text == "id" and isinstance(node, Scalar)), None)
