"""`replaces: old-id`: a definition that takes the place of one of another name, which stays known.

Whoever still says the old id means the new one: other rule files, saved snapshots, scripts and people. An id
that is defined (again) means itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.located.located_yaml import Node, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_text

KEY: Final = "replaces"


@dataclass(slots=True)
class Renames:
    """The old ids of one kind of definition, and the ids that stand for them now."""

    what: str
    problems: Problems
    current: dict[str, str] = field(default_factory=dict)
    _own: dict[str, str] = field(default_factory=dict)

    def read(self, own: Mapping[str, Node]) -> Collection[str]:
        """Take in the definitions of one folder; return the old ids that they replace.

        Called once a folder, in their order.
        """
        self._own = {}
        for name in own:
            self.current.pop(name, None)
        for name, node in own.items():
            replaced = _replaced(node)
            if replaced is not None and (old := read_text(replaced, repr(KEY), self.problems)):
                self._note(name, old, replaced, own)
        return self._own.keys()

    def _note(self, name: str, old: str, node: Node, own: Mapping[str, Node]) -> None:
        note = self.problems.note
        if old == name:
            note(node.place, f"{name} cannot replace itself", "an id that is given again replaces by itself")
        elif old in own:
            note(node.place, f"{name} replaces {old}, which stands beside it", f"remove {old}, or this line")
        elif old in self._own:
            note(node.place, f"{self.what} {old} is already replaced by {self._own[old]}")
        else:
            self._own[old] = name
            moved = {older: name for older, newer in self.current.items() if newer == old}
            self.current |= {**moved, old: name}


def _replaced(node: Node) -> Node | None:
    entries = node.entries if isinstance(node, Table) else ()
    return next((value for key, value in entries if key.text == KEY), None)
