"""Strict readers: from located nodes to texts, numbers and words.

Each notes what is wrong, where, and what would be right, and returns None so that reading goes on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.located_yaml import Listing, Node, Scalar, Table, meaning
from fastdiag.located.problems import Problems
from fastdiag.model.quantity import Quantity, parse_quantity

_NAMES_OF_KINDS: Final = {Scalar: "a text", Listing: "a list", Table: "a mapping"}
_NAMES_OF_VALUES: Final = {bool: "the truth value", int: "the number", float: "the number"}


@dataclass(frozen=True, slots=True)
class Ids:
    """What may be named: what kind of thing it is, the known ids, and old ones with what they are today."""

    kind: str
    known: Collection[str]
    renamed: Mapping[str, str] = field(default_factory=dict)


def choices(word: str, known: Collection[str]) -> str | None:
    """Return a hint with the nearest word, or with all of them when none is near."""
    words = [str(item) for item in known]  # the members of an enum would show as what they are
    return nearest(word, words) or (f"one of: {', '.join(words)}" if words else None)


def read_text(node: Node, what: str, problems: Problems) -> str | None:
    """Return a text without white space around it; refuse an empty one, and what YAML reads otherwise."""
    scalar = _scalar(node, what, problems)
    if scalar is None:
        return None
    value = meaning(scalar)
    if value is None or not scalar.text.strip():
        problems.note(scalar.place, f"{what} is empty")
        return None
    if not isinstance(value, str) and str(value) != scalar.text:
        note_surprise(scalar, what, value, problems)
        return None
    return scalar.text.strip()


def note_surprise(
    scalar: Scalar, what: str, value: object, problems: Problems, hint: str | None = None
) -> None:
    """Note that YAML reads an unquoted text as something else."""
    kind = _NAMES_OF_VALUES.get(type(value), "the value")
    shown = str(value).lower() if isinstance(value, bool) else value
    problems.note(
        scalar.place,
        f"{what} is {scalar.text} without quotes, which YAML reads as {kind} {shown}",
        hint or f'if the text is meant, write "{scalar.text}"',
    )


def read_number(node: Node, what: str, problems: Problems) -> float | None:
    """Return a plain decimal number; octal, sexagesimal and infinite ones are refused."""
    scalar = _scalar(node, what, problems)
    if scalar is None:
        return None
    value = meaning(scalar)
    if _is_decimal(scalar.text, value):
        return float(scalar.text)
    problems.note(scalar.place, f"{what} must be a number, such as 5 or 0.95, and is {scalar.text!r}")
    return None


def _is_decimal(text: str, value: object) -> bool:
    """Whether a number that YAML reads is the one that people read."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value) and float(text) == value
    except (ValueError, OverflowError):
        return False


def read_quantity(
    node: Node, what: str, problems: Problems, *, other_words: Collection[str] = ()
) -> Quantity | None:
    """Return a number with its unit; refuse what YAML reads as another number.

    ``other_words`` are those that the caller takes in its place, for the hint.
    """
    scalar = _scalar(node, what, problems)
    if scalar is None:
        return None
    value = meaning(scalar)
    if not isinstance(value, str) and not _is_decimal(scalar.text, value):
        _note_unlike_number(scalar, what, value, problems)
        return None
    try:
        return parse_quantity(scalar.text)
    except ValueError as error:
        problems.note(scalar.place, f"{what}: {error}", nearest(scalar.text, other_words))
        return None


def _note_unlike_number(scalar: Scalar, what: str, value: object, problems: Problems) -> None:
    if value is None:
        problems.note(scalar.place, f"{what} is empty")
    else:
        note_surprise(
            scalar, what, value, problems, "write a decimal number and its unit, such as 90s or 95%"
        )


def read_flag(node: Node, what: str, problems: Problems) -> bool | None:
    """Return `true` or `false`; YAML's other six spellings are refused."""
    scalar = _scalar(node, what, problems)
    if scalar is None:
        return None
    if scalar.is_plain and scalar.text in {"true", "false"}:
        return scalar.text == "true"
    problems.note(scalar.place, f"{what} must be true or false, and is {scalar.text!r}")
    return None


def read_word(node: Node, what: str, words: Collection[str], problems: Problems) -> str | None:
    """Return a word of a closed set."""
    text = read_text(node, what, problems)
    if text is None or text in words:
        return text
    problems.note(node.place, f"{what} is {text!r}, which is not one of its words", choices(text, words))
    return None


def read_texts(node: Node, what: str, problems: Problems) -> tuple[Scalar, ...] | None:
    """Return the texts of a list, with their places."""
    items = read_items(node, what, problems) or ()
    return tuple(
        item for item in items if read_text(item, f"an item of {what}", problems) and isinstance(item, Scalar)
    )


def read_references(node: Node, what: str, ids: Ids, problems: Problems) -> tuple[str, ...]:
    """Return the ids in a list as they are today, each of them known and named once."""
    names: dict[str, None] = {}
    for item in read_texts(node, what, problems) or ():
        name = ids.renamed.get(item.text, item.text)
        if name not in ids.known:
            hint = nearest(name, ids.known)
            problems.note(item.place, f"{what} names an unknown {ids.kind}, {name!r}", hint)
        elif name in names:
            problems.note(item.place, f"{what} names {name!r} twice")
        names[name] = None
    return tuple(names)


def read_items(node: Node, what: str, problems: Problems) -> tuple[Node, ...] | None:
    """Return the nodes of a list."""
    if isinstance(node, Listing):
        return node.items
    _note_kind(node, what, "a list", problems)
    return None


def read_entries(node: Node, what: str, problems: Problems) -> tuple[tuple[Scalar, Node], ...]:
    """Return keys and values of a mapping; none when it is no mapping."""
    if isinstance(node, Table):
        return node.entries
    _note_kind(node, what, "a mapping", problems)
    return ()


def _scalar(node: Node, what: str, problems: Problems) -> Scalar | None:
    if isinstance(node, Scalar):
        return node
    _note_kind(node, what, "a single value", problems)
    return None


def _note_kind(node: Node, what: str, wanted: str, problems: Problems) -> None:
    found = "empty" if isinstance(node, Scalar) and not node.text else _NAMES_OF_KINDS[type(node)]
    problems.note(node.place, f"{what} must be {wanted}, and is {found}")
