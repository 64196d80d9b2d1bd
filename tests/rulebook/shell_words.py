"""Command lines as a shell reads them: into programs with their words, without running anything."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

BETWEEN: Final = frozenset({";", "|", "||", "&", "&&"})
BEFORE: Final = {"sudo": 1, "time": 1, "do": 1, "timeout": 2}
"""Words that stand before a program, with how many of their own are to be passed over."""
PUNCTUATION: Final = frozenset({"done", "do"})


def programs(line: str) -> Iterator[tuple[str, ...]]:
    """Yield each program of a line with its arguments; where output goes is left out, comments too.

    That of xargs follows as one of its own; the head of a loop is none.
    """
    for words in _commands(line):
        while words and words[0] in BEFORE:
            words = words[BEFORE[words[0]] :]  # noqa: PLW2901 - what is left is the command
        if not words or words[0] in {"for", *PUNCTUATION}:
            continue
        yield tuple(words)
        if words[0] == "xargs":
            yield tuple(words[2:])  # xargs -I{} PROGRAM


def _commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in BETWEEN:
            yield _without_redirections(words)
            words = []
        else:
            words.append(word)
    yield _without_redirections(words)


def _without_redirections(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in {"<", ">", ">>"}:
            skip = True
            if kept and kept[-1] == "2":
                kept.pop()
        else:
            kept.append(word)
    return kept


def values_of(option: str, words: Sequence[str]) -> list[str]:
    """Return what follows each occurrence of an option."""
    return [after for word, after in pairwise(words) if word == option]
