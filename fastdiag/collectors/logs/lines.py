"""Lines of a log, as every input hands them over: harmless text, oldest first, bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

MAX_LINE_CHARS: Final = 16 << 10
"""A traceback inside one line of JSON fits; what is longer is no line of a log."""
MAX_LINES: Final = 20_000
MAX_BYTES: Final = 2 << 20
"""Of one log and one look, the newest. More lines cost more to judge than they tell."""
_COLOUR: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Terminal sequences, with which loggers colour a level: in the middle of what is looked for."""
_HOLE: Final = re.compile(r"\x00+")
"""A log that was truncated under a writer without O_APPEND begins with as many NULs as it had bytes."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One physical line without its end: no control character in it, at most 16,384 characters.

    at  when it was written, in seconds since the epoch, where the source itself knows (the journal, Loki);
        None for files and standard input, where only the text may tell
    """

    text: str
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at a log showed, oldest first.

    since   nothing in it was written before; seconds since the epoch, None where that is not known
    until   when it was looked at, likewise; of the past, the moment that was asked for
    is_cut  older lines of the same stretch were left out: counts are lower bounds
    """

    lines: tuple[Line, ...]
    since: float | None
    until: float
    is_cut: bool = False


class Log(Protocol):
    """One place where lines come from.

    ``first`` is called once, then ``more`` at most once; each raises SourceFailed when the log cannot be
    read (any more).
    """

    @property
    def name(self) -> str:
        """How a report calls it: a path, `journal:shop.service`, a host. No secret is in it."""
        ...

    def first(self) -> Batch:
        """Return its end, as far as the bounds allow."""
        ...

    def more(self) -> Batch | None:
        """Return what was added since ``first``; None where that cannot be told (a pipe that has ended)."""
        ...

    def close(self) -> None:
        """Let go of it. Never raises."""
        ...


def line_of(raw: bytes | str, at: float | None = None) -> Line:
    """Return a line as harmless text: bytes that are no UTF-8 replaced, colours gone, controls as blanks."""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw
    if not text.isprintable():
        text = _CONTROL.sub(" ", _COLOUR.sub("", _HOLE.sub("", text)))
    return Line(text=text[:MAX_LINE_CHARS].rstrip(), at=at)


def lines_of(raw: bytes, *, max_lines: int = MAX_LINES) -> tuple[tuple[Line, ...], bool]:
    """Return the last lines of what was read, without empty ones, and whether some were left out."""
    kept = [piece for piece in raw.split(b"\n") if piece.strip(b" \t\r\0")]
    return tuple(map(line_of, kept[-max_lines:])), len(kept) > max_lines
