"""Conditions in rule files: a comparison, or {all: [...]}, {any: [...]}, {not: ...} of conditions."""

from __future__ import annotations

from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.located_yaml import Listing, Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_items, read_text
from fastdiag.model.rule import AllOf, AnyOf, Comparison, Condition, Not
from fastdiag.rulebook.comparison import Misread, parse_comparison
from fastdiag.rulebook.vocabulary import Vocabulary

_FORMS: Final = ("all", "any", "not")
_FORMS_HINT: Final = "{all: [...]}, {any: [...]} or {not: ...}"


def read_condition(node: Node, what: str, vocabulary: Vocabulary, problems: Problems) -> Condition | None:
    """Return the condition a node spells; note what is wrong and return None."""
    match node:
        case Scalar():
            return _comparison(node, what, vocabulary, problems)
        case Table():
            return _nested(node, what, vocabulary, problems)
        case Listing():
            problems.note(
                node.place, f"{what} is a list, which does not say how its items combine", _FORMS_HINT
            )
            return None


def _comparison(scalar: Scalar, what: str, vocabulary: Vocabulary, problems: Problems) -> Comparison | None:
    if read_text(scalar, what, problems) is None:
        return None
    try:
        return parse_comparison(scalar.text, vocabulary)
    except Misread as misread:
        problems.note(scalar.at(misread.offset), str(misread), misread.hint)
        return None


def _nested(table: Table, what: str, vocabulary: Vocabulary, problems: Problems) -> Condition | None:
    if len(table.entries) != 1:
        problems.note(table.place, f"{what} must have exactly one of the keys all, any and not", _FORMS_HINT)
        return None
    key, value = table.entries[0]
    match key.text:
        case "all":
            parts = _parts(value, "'all'", vocabulary, problems)
            return parts[0] if len(parts) == 1 else AllOf(parts) if parts else None
        case "any":
            parts = _parts(value, "'any'", vocabulary, problems)
            return parts[0] if len(parts) == 1 else AnyOf(parts) if parts else None
        case "not":
            part = read_condition(value, "'not'", vocabulary, problems)
            return Not(part) if part else None
        case _:
            hint = nearest(key.text, _FORMS) or _FORMS_HINT
            problems.note(
                key.place, f"conditions are nested with all, any and not, and this is {key.text!r}", hint
            )
            return None


def _parts(node: Node, what: str, vocabulary: Vocabulary, problems: Problems) -> tuple[Condition, ...]:
    items = read_items(node, what, problems)
    if items == ():
        problems.note(node.place, f"{what} lists no condition")
    read = [read_condition(item, f"an item of {what}", vocabulary, problems) for item in items or ()]
    return tuple(part for part in read if part is not None)
