"""From text to a syntax tree, whatever the text is."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import Final

from fastdiag.model.audit import CodePlace, Unread
from fastdiag.source.files import SourceFile

_INSIDE: Final = r"\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]"
_GENERIC: Final = re.compile(
    rf"^([ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+)({_INSIDE})(?=[ \t]*[(:])", re.MULTILINE
)
"""`def first[T](...)` and `class Box[T]:`, which Python 3.12 reads (PEP 695)."""
_ALIAS: Final = re.compile(rf"^([ \t]*)type[ \t]+(\w+)(?:{_INSIDE})?([ \t]*=)(?!=)", re.MULTILINE)
"""`type Name = ...`, likewise."""
_BARE_EXCEPT: Final = re.compile(
    r"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)([ \t]*:)", re.MULTILINE
)
"""`except A, B:` without parentheses, which Python 3.14 reads (PEP 758)."""


def parse(file: SourceFile) -> ast.Module | Unread:
    """Return the tree of a file, or why there is none: newer syntax, NUL bytes, nesting without end."""
    try:
        with warnings.catch_warnings():  # "invalid escape sequence" is for those who run it
            warnings.simplefilter("ignore")
            return _parsed(file.text)
    except SyntaxError as error:
        place = CodePlace(file.name, max(0, error.lineno or 0), max(0, error.offset or 0))
        version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        return Unread(
            place=place, reason=f"not valid syntax for {version}, with which it was read: {error.msg}"
        )
    except ValueError as error:
        return Unread(place=CodePlace(file.name), reason=f"not valid source: {error}")
    except (RecursionError, MemoryError):  # how the parser says that its stack is full
        return Unread(place=CodePlace(file.name), reason="nested too deeply to be parsed")


def _parsed(text: str) -> ast.Module:
    """Parse a text; one that is only too new for this Python in few known ways is read all the same."""
    try:
        return ast.parse(text)
    except SyntaxError:
        older = _older(text)
        if older == text:
            raise
    return ast.parse(older)


def _older(text: str) -> str:
    """Return a text in older words: every line stays in its place, type parameters are left out."""
    text = _BARE_EXCEPT.sub(r"\1(\2)\3", text)
    text = _ALIAS.sub(r"\1\2\3", text)
    return _GENERIC.sub(lambda found: found[1] + " " * len(found[2]), text)
