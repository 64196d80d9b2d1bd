r"""Regular expressions for log lines, which anybody may write into: proven to be cheap before they are used.

Python's matcher tries every way in which the repeats of an expression can share a text, and holds the
interpreter meanwhile. So the ways are counted here: an expression with too many of them is refused, and
so is one without a fixed text by which most lines are passed over unread.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field
from typing import Final

from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_text
from fastdiag.model.signal import LogPattern

LINE_CHARS: Final = 1000
"""So much of a line is searched; a repeat without an end can be as long."""
MAX_WAYS: Final = 5000
"""At each place of a line: some five million steps for the most hostile one, a few hundredths of a second."""
MIN_LITERAL_CHARS: Final = 4
"""A shorter text stands in too many lines to pass any over."""

_REPEAT: Final = re.compile(r"(?:[*+?]|\{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\})")
_GROUP: Final = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_CLASS: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_SIMPLE: Final[dict[str, tuple[int, float]]] = {"*": (0, math.inf), "+": (1, math.inf), "?": (0, 1)}
_KNOWN_ESCAPES: Final = "dDwWsSbB"
_HINT: Final = r"end the repeats (\d{1,9} for \d+, .{0,60} for .*), or have them give nothing back (\S++)"


class Refused(ValueError):  # noqa: N818 - a finding, noted with its place by whoever knows it
    """An expression that is not used: the sentence, and a hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an expression: in how many ways it may match at one place, and texts one of which it needs.

    char  the character that it is, where it is one
    """

    ways: float = 1.0
    literals: tuple[str, ...] = ()
    char: str = ""


@dataclass(slots=True)
class _Sequence:
    """Pieces one after the other, as they are read."""

    ways: float = 1.0
    _run: str = ""
    _needed: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, piece: _Piece, least: int, most: float, gives_back: bool) -> None:
        if piece.char and least == most == 1:
            self._run += piece.char
            return
        self._break()
        self.ways *= _ways(piece.ways, least, most) if gives_back else 1
        if least and piece.literals:
            self._needed.append(piece.literals)

    def end(self) -> _Piece:
        self._break()
        best = max(self._needed, key=lambda texts: min(map(len, texts)), default=())
        return _Piece(min(self.ways, math.inf), best)

    def _break(self) -> None:
        if self._run:
            self._needed.append((self._run,))
        self._run = ""


@dataclass(slots=True)
class _Reader:
    """Reads an expression that Python has accepted."""

    text: str
    at: int = 0

    def branches(self) -> _Piece:
        found = [self._sequence()]
        while self.text.startswith("|", self.at):
            self.at += 1
            found.append(self._sequence())
        literals = tuple(text for one in found for text in one.literals)
        return _Piece(sum(one.ways for one in found), literals if all(one.literals for one in found) else ())

    def _sequence(self) -> _Piece:
        sequence = _Sequence()
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            sequence.add(self._atom(), *self._repeat())
        return sequence.end()

    def _atom(self) -> _Piece:
        char = self.text[self.at]
        if char == "(":
            return self._group()
        if char == "[":
            self.at = _end(_CLASS.match(self.text, self.at), self.at)
            return _Piece()
        escaped = self.text[self.at + 1] if char == "\\" else ""
        self.at += 1 + len(escaped)
        if escaped.isalnum() and escaped not in _KNOWN_ESCAPES:
            raise Refused(f"'\\{escaped}' is a form that is not read here", "write the character itself")
        if escaped:
            return _Piece() if escaped.isalnum() else _Piece(literals=(escaped,), char=escaped)
        return _Piece() if char in ".^$" else _Piece(literals=(char,), char=char)

    def _group(self) -> _Piece:
        opening = _GROUP.match(self.text, self.at)
        if opening is None:
            form = self.text[self.at : self.at + 4]
            raise Refused(f"{form!r} is a form that is not read here", "use groups (?:...) and (?P<name>...)")
        self.at = opening.end()
        inner = self.branches()
        self.at += 1
        return inner

    def _repeat(self) -> tuple[int, float, bool]:
        """Return how often at least and at most, and whether fewer are tried where the rest does not fit."""
        match = _REPEAT.match(self.text, self.at)
        if match is None or match[0] in {"{}", "{,}"}:  # which Python takes as they are
            return 1, 1, True
        self.at = match.end()
        mode = self.text[self.at : self.at + 1]
        if mode and mode in "?+":
            self.at += 1
        return *_bounds(match), mode != "+"


def _bounds(match: re.Match[str]) -> tuple[int, float]:
    """Return how often something repeats, at least and at most."""
    simple = _SIMPLE.get(match[0])
    if simple is not None:
        return simple
    least = int(match["least"] or 0)
    if not match["comma"]:
        return least, least
    return least, int(match["most"]) if match["most"] else math.inf


def _ways(ways: float, least: int, most: float) -> float:
    """Return in how many ways a repeat may match, of something that may match in so many."""
    most = min(most, max(LINE_CHARS, least))
    lengths = most - least + 1
    try:
        return float(lengths * ways**most)
    except OverflowError:
        return math.inf


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise + 1


def checked(regex: str) -> LogPattern:
    """Return an expression with the texts it needs. Raise Refused when it is none, or none that is safe."""
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):  # sets that will mean others
            re.compile(regex)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise Refused(f"this is not a regular expression: {error}", "as Python's `re` has it") from None
    found = _Reader(regex).branches()
    if found.ways > MAX_WAYS:
        raise Refused("a line could keep this expression busy for ever", _HINT)
    if not found.literals or min(map(len, found.literals)) < MIN_LITERAL_CHARS:
        hint = "each alternative needs one, so that most lines are passed over unread"
        raise Refused(f"this expression has no fixed text of {MIN_LITERAL_CHARS} characters in it", hint)
    return LogPattern(regex=regex, literals=tuple(dict.fromkeys(found.literals)))


def read_log_pattern(node: Node, what: str, problems: Problems) -> LogPattern | None:
    """Return an expression for log lines; note why one is refused."""
    regex = read_text(node, what, problems)
    if regex is None:
        return None
    try:
        return checked(regex)
    except Refused as refused:
        problems.note(node.place, f"{what}: {refused}", refused.hint)
        return None
