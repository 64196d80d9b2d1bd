"""What the names in source code say: a name as its words, an expression as a short text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

SHOWN_CHARACTERS: Final = 60
"""Of an expression that a finding quotes."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SPELLINGS: Final = {"mails": "mail", "emails": "email", "hooks": "hook", "webhooks": "webhook"}


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: `send_welcomeEmail` is send, welcome, email."""
    words = (word.lower() for word in _WORD.findall(name))
    return tuple(_SPELLINGS.get(word, word) for word in words)


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence lists them: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def shown(node: ast.AST) -> str:
    """Return an expression as people would write it on one line, cut when it is long."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):  # as hostile source has it
        return "..."
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 3]}..."


def dotted(node: ast.AST) -> tuple[str, ...]:
    """Return the names of `a.b.c`, also where a call or an item stands between; empty where there is none."""
    names: list[str] = []
    while True:
        match node:
            case ast.Attribute():
                names.append(node.attr)
                node = node.value
            case ast.Call():
                node = node.func
            case ast.Subscript() | ast.Await():
                node = node.value
            case ast.Name():
                return (*reversed((*names, node.id)),)
            case _:
                return (*reversed(names),)
