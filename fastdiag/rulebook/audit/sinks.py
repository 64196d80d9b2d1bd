"""rules/audit/sinks.yaml: the calls that block, and what outside calls give back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_items, read_number, read_text, read_texts
from fastdiag.model.audit import Severity
from fastdiag.model.sinks import ArgumentTest, Sink, SinkKind, SinkTable
from fastdiag.rulebook.folders import AUDIT, Folder, read_folders
from fastdiag.rulebook.rows import ID

STEM: Final = "sinks"
"""Of the file in the folder audit/ of a rules folder."""
_PARTS: Final = Shape("sinks.yaml", (), ("kinds", "sinks", "harmless", "returns", "aliases"))
_KIND: Final = Shape("a kind", ("id", "title", "severity", "mechanism", "fix"))
_SINK: Final = Shape("a sink", ("kind", "calls"), ("of", "only", "unless", "severity", "fix"))
_HARMLESS: Final = Shape("a harmless call", ("calls",), ("of",))
_CONTAINER: Final = re.compile(r"list\[(.*)\]")
_TEST: Final = Shape("an argument", ("argument",), ("position", "is"))
_ANY: Final = "*"
_CONSTRUCTOR: Final = "__init__"
"""Stands for the call of the class itself."""
_PATH_HINT: Final = "a path is like requests.Session"


def load_sinks(builtin: Path, extra: Sequence[Path] = ()) -> SinkTable:
    """Return the table of ``builtin``, replaced and added to by the folders in ``extra``.

    Raises:
        RuleError: a file is wrong; it tells every fault with its place.

    """
    problems = Problems()
    table = read_sinks(read_folders(builtin, extra, problems, (AUDIT,)), problems)
    problems.raise_any()
    return table


def read_sinks(folders: Iterable[Folder], problems: Problems) -> SinkTable:
    """Return what the files of all folders say together; of two rows on one call, the later one counts."""
    reader = _Reader(problems)
    for folder in folders:
        for document in folder.audit:
            if document.stem == STEM:
                reader.read(document.tree)
    return reader.table()


@dataclass(slots=True)
class _Reader:
    """Gathers the parts of all files."""

    problems: Problems
    kinds: dict[str, SinkKind] = field(default_factory=dict)
    sinks: dict[str, Sink] = field(default_factory=dict)
    harmless: dict[str, None] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def read(self, tree: Node) -> None:
        """Take in one file; a call that it names as a sink is no longer harmless, and the other way round."""
        parts = Fields(tree, _PARTS, self.problems)
        self._each(parts, "kinds", self._kind)
        self._each(parts, "sinks", self._sink)
        self._each(parts, "harmless", self._pardon)
        self.returns |= self._names(parts.get("returns"), "'returns'")
        self.aliases |= self._names(parts.get("aliases"), "'aliases'")

    def table(self) -> SinkTable:
        """Return all that was read."""
        return SinkTable(
            kinds=self.kinds,
            sinks=self.sinks,
            harmless=frozenset(self.harmless),
            returns=self.returns,
            aliases=self.aliases,
        )

    def _each(self, parts: Fields, key: str, take: Callable[[Node], None]) -> None:
        if parts.get(key):
            for row in parts.items(key):
                take(row)

    def _kind(self, row: Node) -> None:
        fields = Fields(row, _KIND, self.problems)
        name, node = fields.text("id"), fields.get("id")
        if node and name and not ID.fullmatch(name):
            self.problems.note(node.place, f"{name!r} cannot be an id", "an id is like sync-http")
        self.kinds[name] = SinkKind(
            id=name,
            title=fields.text("title"),
            severity=Severity(fields.word("severity", list(Severity)) or Severity.WARNING),
            mechanism=fields.text("mechanism"),
            fix=fields.text("fix"),
            where=str(row.place),
        )

    def _sink(self, row: Node) -> None:
        fields = Fields(row, _SINK, self.problems)
        kind, severity = self._known_kind(fields), fields.word("severity", list(Severity))
        only, unless = (tuple(self._tests(fields, key)) for key in ("only", "unless"))
        for path in self._paths(fields):
            self.harmless.pop(path, None)
            self.sinks[path] = Sink(
                path=path,
                kind=kind,
                severity=Severity(severity) if severity else None,
                fix=fields.text("fix"),
                only=only,
                unless=unless,
            )

    def _known_kind(self, fields: Fields) -> str:
        kind, node = fields.text("kind"), fields.get("kind")
        if node and kind and kind not in self.kinds:
            self.problems.note(
                node.place, f"'kind' names an unknown kind, {kind!r}", nearest(kind, self.kinds)
            )
        return kind

    def _pardon(self, row: Node) -> None:
        for path in self._paths(Fields(row, _HARMLESS, self.problems)):
            self.sinks.pop(path, None)
            self.harmless[path] = None

    def _paths(self, fields: Fields) -> Iterator[str]:
        calls = [one for one in fields.texts("calls") if self._is_path(one, one.text == _ANY)]
        if fields.get("of") is None:
            yield from (one.text for one in calls)
        for owner in self._owners(fields):
            yield from (owner if one.text == _CONSTRUCTOR else f"{owner}.{one.text}" for one in calls)

    def _owners(self, fields: Fields) -> Iterator[str]:
        node = fields.get("of")
        if isinstance(node, Scalar):
            owners: Iterable[Scalar] = (node,) if read_text(node, "'of'", self.problems) else ()
        else:
            owners = read_texts(node, "'of'", self.problems) or () if node else ()
        yield from (one.text for one in owners if self._is_path(one))

    def _is_path(self, node: Scalar, is_right: bool = False) -> bool:
        if is_right or all(part.isidentifier() for part in node.text.split(".")):
            return True
        self.problems.note(node.place, f"{node.text!r} is not the name of a call", _PATH_HINT)
        return False

    def _names(self, node: Node | None, what: str) -> dict[str, str]:
        read: dict[str, str] = {}
        for key, value in read_entries(node, what, self.problems) if node else ():
            if read_text(value, f"what {key.text} stands for", self.problems) is None:
                continue
            if isinstance(value, Scalar) and all(map(self._is_path, (_bare(key), _bare(value)))):
                read[key.text] = value.text
        return read

    def _tests(self, fields: Fields, key: str) -> Iterator[ArgumentTest]:
        for row in fields.read(key, read_items) or ():
            test = Fields(row, _TEST, self.problems)
            yield ArgumentTest(
                name=test.text("argument"),
                position=self._position(test),
                values=tuple(one.text for one in test.items("is") if isinstance(one, Scalar)),
            )

    def _position(self, test: Fields) -> int | None:
        number, node = test.read("position", read_number), test.get("position")
        if number is None or node is None:
            return None
        if number < 0 or number != int(number):
            self.problems.note(node.place, "'position' counts from 0")
            return None
        return int(number)


def _bare(node: Scalar) -> Scalar:
    """Return a path without the star behind it, or the container around it."""
    container = _CONTAINER.fullmatch(node.text)
    return Scalar(node.place, container[1] if container else node.text.removesuffix(f".{_ANY}"))
