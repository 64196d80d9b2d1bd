"""A text of fastdiag.yaml and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import read_text


@dataclass(frozen=True, slots=True)
class Written:
    """A text and where it stands. It may be a password: it does not print."""

    text: str = field(repr=False)
    place: Place


def written(node: Node | None, name: str, problems: Problems) -> Written | None:
    """Return the text of a node; note what is wrong with it and return None."""
    text = None if node is None else read_text(node, repr(name), problems)
    return Written(text, node.place) if node is not None and text else None
