"""`# fastdiag: ignore[id] reason`, as it stands in source: which lines it speaks of, and what it says."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.audit import CodePlace

MARK: Final = "fastdiag:"
"""What a line must hold to be looked at more closely; hardly any does."""
WORD: Final = "ignore"
_DIRECTIVE: Final = re.compile(
    r"#\s*fastdiag:\s*(?P<word>[\w-]*)\s*(?:\[(?P<ids>[^\]]*)\])?(?P<reason>[^#]*)"
)
_LEADING: Final = " \t-:,()"
"""What people write between the brackets and the reason."""
_LAYOUT: Final = (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.ENCODING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One such comment.

    word     `ignore`, or whatever stands in its place
    ids      what the brackets name; empty where there are none
    lines    the lines of the statement that it stands in, or, on a line of its own, of the next one
    """

    place: CodePlace
    word: str
    ids: tuple[str, ...]
    reason: str
    lines: range


class CommentsError(Exception):
    """Python's tokenizer does not take the file, though its parser does."""


def comments(file: str, lines: Sequence[str]) -> tuple[Comment, ...]:
    """Return the comments of a file that speak to fastdiag.

    Raises:
        CommentsError: which of its lines are comments cannot be told.

    """
    if not any(MARK in line for line in lines):
        return ()
    text = "\n".join(line.rstrip("\r\n") for line in lines) + "\n"
    try:
        return tuple(_comments(file, tokenize.generate_tokens(io.StringIO(text).readline)))
    except (tokenize.TokenError, SyntaxError) as error:
        raise CommentsError(str(error)) from None


def _comments(file: str, tokens: Iterator[tokenize.TokenInfo]) -> Iterator[Comment]:
    """Yield comments as their statements end: then it is known which lines they speak of."""
    waiting: list[tokenize.TokenInfo] = []
    first = 0
    for token in tokens:
        if token.type == tokenize.COMMENT:
            waiting.append(token)
        elif token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            around = range(first, token.start[0] + 1) if first else range(0)  # nothing follows the last ones
            yield from _read(file, waiting, around)
            waiting, first = [], 0
        elif token.type not in _LAYOUT and not first:
            first = token.start[0]


def _read(file: str, tokens: Sequence[tokenize.TokenInfo], lines: range) -> Iterator[Comment]:
    for token in tokens:
        for match in _DIRECTIVE.finditer(token.string):
            ids = (one.strip() for one in (match["ids"] or "").split(","))
            yield Comment(
                place=CodePlace(file, token.start[0], token.start[1] + match.start() + 1),
                word=match["word"],
                ids=tuple(one for one in ids if one),
                reason=match["reason"].strip(_LEADING),
                lines=lines,
            )
