"""rules/audit/checks.yaml: the kinds of findings of an audit, one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import Ids, read_references
from fastdiag.model.audit import Check, Severity
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.declared import undeclared
from fastdiag.rulebook.folders import AUDIT, Folder, read_folders
from fastdiag.rulebook.rows import Rows, rows_by_id

STEM: Final = "checks"
"""Of the file in the folder audit/ of a rules folder."""
ROWS: Final = Rows("check", "missing-timeout")
_CHECK: Final = Shape(
    "a check", ("id", "title", "severity", "mechanism", "fix"), ("items", "causes", "references")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rows may name: readiness items and causes."""

    items: Collection[str]
    causes: Collection[str]


def load_checks(builtin: Path, extra: Sequence[Path] = ()) -> Mapping[str, Check]:
    """Return the kinds of findings by id: those of ``builtin``, replaced and added to by ``extra``.

    Raises:
        RuleError: a file is wrong; it tells every fault with its place.

    """
    problems = Problems()
    folders = read_folders(builtin, extra, problems, (AUDIT,))
    checks = read_checks(folders, known_names(builtin, extra), problems)
    problems.raise_any()
    return checks


def known_names(builtin: Path, extra: Sequence[Path] = ()) -> Known:
    """Return the names that rows may use. Of a cause only its file is asked for, which bears its id.

    Raises:
        RuleError: the checklist is wrong.

    """
    items = {item.id for item in load_checklist(builtin, Checklist.READINESS, extra)}
    causes = {path.stem for folder in (builtin, *extra) for path in folder.glob("causes/*.yaml")}
    return Known(items=items, causes=causes)


def read_checks(folders: Iterable[Folder], known: Known, problems: Problems) -> dict[str, Check]:
    """Return all checks in the order of the first folder; later ones replace rows of it by id.

    They cannot add any: how a kind of finding is found stands in the code.
    """
    rows: dict[str, Node] = {}
    for folder in folders:
        own = _rows_of(folder, problems)
        for name, row in own.items() if rows else ():
            if name not in rows:
                _note_unknown(name, row, rows, problems)
        rows |= own
    checks = (_read(row, known, problems) for row in rows.values())
    return {check.id: check for check in checks if check is not None}


def _note_unknown(name: str, row: Node, known: Collection[str], problems: Problems) -> None:
    hint = nearest(name, known) or "a row of yours replaces a built-in one: fastdiag audit --list"
    problems.note(row.place, f"the audit has no check {name!r}", hint)


def _rows_of(folder: Folder, problems: Problems) -> dict[str, Node]:
    trees = [undeclared(one.tree, STEM, problems) for one in folder.audit if one.stem == STEM]
    return rows_by_id([(tree, f"{STEM}.yaml") for tree in trees], ROWS, problems)


def _read(row: Node, known: Known, problems: Problems) -> Check | None:
    fields = Fields(row, _CHECK, problems)
    severity = fields.word("severity", list(Severity))
    return Check(
        id=fields.text("id"),
        title=fields.text("title"),
        severity=Severity(severity or Severity.WARNING),
        mechanism=fields.text("mechanism"),
        fix=fields.text("fix"),
        items=_names(fields, "items", "readiness item", known.items, problems),
        causes=_names(fields, "causes", "cause", known.causes, problems),
        references=tuple(one.text for one in fields.texts("references")),
        where=str(row.place),
    )


def _names(
    fields: Fields, key: str, kind: str, known: Collection[str], problems: Problems
) -> tuple[str, ...]:
    node = fields.get(key)
    return read_references(node, repr(key), Ids(kind, known), problems) if node else ()
