"""Mappings of a fixed shape: their keys are checked, their values read strictly."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from fastdiag.errors import nearest
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import choices, read_entries, read_items, read_text, read_texts, read_word

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of a kind of mapping, in the order in which people write them."""

    what: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that may stand in it."""
        return (*self.required, *self.optional)


@dataclass(slots=True)
class Fields:
    """The entries of one mapping of a given shape; its keys are checked when it is made."""

    node: Node
    shape: Shape
    problems: Problems
    _nodes: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        self._nodes = {
            key.text: value for key, value in read_entries(self.node, self.shape.what, self.problems)
        }
        if isinstance(self.node, Table):
            self._check_keys(self.node)

    def _check_keys(self, table: Table) -> None:
        missing = [key for key in self.shape.required if key not in self._nodes]
        for key, value in table.entries:
            if key.text not in self.shape.keys:
                hint = _key_hint(key, value, self.shape)
                self.problems.note(key.place, f"{self.shape.what} has no key {key.text!r}", hint)
                missing = [
                    name for name in missing if hint != nearest(key.text, [name])
                ]  # one typo, one fault
        if missing:
            self.problems.note(table.place, f"{self.shape.what} needs {' and '.join(map(repr, missing))}")

    def get(self, key: str) -> Node | None:
        """Return the node of a key, or None when it is not given."""
        return self._nodes.get(key)

    def read(self, key: str, reader: Callable[[Node, str, Problems], T | None]) -> T | None:
        """Return what a reader makes of a key, or None when it is not given or not right."""
        node = self._nodes.get(key)
        return None if node is None else reader(node, repr(key), self.problems)

    def text(self, key: str) -> str:
        """Return a text, empty when it is not given or not right."""
        return self.read(key, read_text) or ""

    def texts(self, key: str) -> tuple[Scalar, ...]:
        """Return the texts of a list, with their places."""
        return self.read(key, read_texts) or ()

    def word(self, key: str, words: Collection[str]) -> str | None:
        """Return a word of a closed set, or None when it is not given or not right."""
        node = self._nodes.get(key)
        return None if node is None else read_word(node, repr(key), words, self.problems)

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the nodes of a list."""
        return self.read(key, read_items) or ()


def _key_hint(key: Scalar, value: Node, shape: Shape) -> str | None:
    """Return the nearest key; recognise `{because: slow, or stuck}`, where the comma begins a key."""
    is_empty = isinstance(value, Scalar) and value.is_plain and not value.text
    if is_empty and not nearest(key.text, shape.keys):
        return "between { and } a comma ends a text: put the whole text in quotes"
    return choices(key.text, shape.keys)
