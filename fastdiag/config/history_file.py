"""Where history is kept and how much of it, as fastdiag.yaml says it; references are not resolved yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.config.written import Written, written
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table, meaning
from fastdiag.located.problems import Problems

HISTORY: Final = Shape("'history'", (), ("store", "keep", "size"))
OFF: Final = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """What a file says under `history:`; all empty when it says nothing.

    store  a path, a DSN of PostgreSQL, or OFF
    keep   how long, such as 90d
    size   how much, such as 250MB
    """

    store: Written | None = None
    keep: Written | None = None
    size: Written | None = None


def read_history(fields: Fields, problems: Problems) -> HistoryFile:
    """Read the key `history`: a mapping, or the store alone."""
    node = fields.get("history")
    if not isinstance(node, Table):
        return HistoryFile(store=_store(node, "history", problems))
    section = Fields(node, HISTORY, problems)
    return HistoryFile(
        store=_store(section.get("store"), "store", problems),
        keep=written(section.get("keep"), "keep", problems),
        size=written(section.get("size"), "size", problems),
    )


def _store(node: Node | None, name: str, problems: Problems) -> Written | None:
    """Return the text; `off` needs no quotes, although YAML reads it as false."""
    if isinstance(node, Scalar) and meaning(node) is False:
        return Written(OFF, node.place)
    return written(node, name, problems)
