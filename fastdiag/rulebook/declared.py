"""`schema: 1`: which generation of rule files a file belongs to. It may stay away; the first is meant then.

A file that is a mapping declares it beside its other keys. One that is a list (symptoms, limits, alerts,
scenarios) becomes a mapping for it: the list stands under the file's own name.
"""

from __future__ import annotations

from typing import Final

from fastdiag.located.located_yaml import Listing, Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_number

KEY: Final = "schema"
SCHEMA: Final = 1
"""Keys may be added to it, and are never renamed: a file that says 1 stays readable."""


def undeclared(tree: Node, rows: str | None, problems: Problems) -> Node:
    """Return a file's tree without its declaration; note one that this version cannot read.

    ``rows`` is the key under which the list of such a file stands; None for a file that is a mapping.
    """
    if not isinstance(tree, Table):
        return tree
    declared = next((value for key, value in tree.entries if key.text == KEY), None)
    if declared is not None:
        _check(declared, problems)
    rest = tuple((key, value) for key, value in tree.entries if key.text != KEY)
    if rows is None:
        return Table(tree.place, rest)
    return _listed(tree, rest, rows)


def _listed(tree: Table, rest: tuple[tuple[Scalar, Node], ...], rows: str) -> Node:
    """Return the list of `schema: 1` and `symptoms: [...]`; its reader refuses what is neither."""
    if not rest:
        return Listing(tree.place, ())
    key, value = rest[0]
    return value if len(rest) == 1 and key.text == rows else tree


def _check(node: Node, problems: Problems) -> None:
    number = read_number(node, repr(KEY), problems)
    if number is not None and number != SCHEMA:
        hint = f"write {KEY}: {SCHEMA}, or install a newer fastdiag for a file of a later one"
        problems.note(node.place, f"this version reads rule files of schema {SCHEMA}, not {number:g}", hint)
