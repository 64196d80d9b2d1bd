"""Lines of text on a screen of so many columns: wrapped, indented, coloured; foreign text stays text."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from fastdiag.redact import disarm

MIN_WIDTH: Final = 40
MIN_ROOM: Final = 20
"""Columns that a text gets however deep it is indented."""

BAR_CELLS: Final = 10

Piece = str | tuple[str, str]
"""Text, or text and its style. Never markup: what looks like markup is printed as it stands."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that a plain terminal may not have; ``steps`` are those of a sparkline, the lowest first."""

    full: str
    empty: str
    corner: str
    steps: str
    ellipsis: str


_BLOCKS: Final = Glyphs("█", "░", "└", "▁▂▃▄▅▆▇█", "…")
_ASCII: Final = Glyphs("#", ".", "`", "_.:-=+*#", "~")

_COMPARISON: Final = re.compile(r"[a-z][\w(]*\.[\w.)]* (?:\S+ ){0,2}[<>=!]=? \S+")
_GLUE: Final = "\ue000"
"""Stands for a blank at which no line ends. A private character: foreign text cannot hold one."""


class Paper:
    """Collects lines of at most ``width`` columns; ``text`` returns them, encodable in ``encoding``."""

    def __init__(self, *, width: int, color: bool, encoding: str, fold: bool = False) -> None:
        """Take the measures of a screen; ``fold`` breaks commands too, where longer lines are lost."""
        self.width = max(MIN_WIDTH, width)
        self._fold = fold
        self._encoding = encoding if _encodes(encoding, "") else "ascii"
        self.glyphs = _glyphs(encoding)
        self._written = io.StringIO()
        self._console = Console(
            file=self._written,
            width=self.width,
            color_system="standard" if color else None,
            force_terminal=color,
            legacy_windows=False,
            _environ={},  # NO_COLOR, COLUMNS and their kin are the command line's business
        )

    def text(self) -> str:
        """Return everything that was written."""
        written = self._written.getvalue().replace(_GLUE, " ")
        return written.encode(self._encoding, "backslashreplace").decode(self._encoding)

    def blank(self) -> None:
        """Write an empty line."""
        self._write(Text())

    def heading(self, title: str) -> None:
        """Write the title of a section after an empty line."""
        self.blank()
        self.row("", (title, "bold"))

    def row(self, lead: Piece, *body: Piece) -> None:
        """Write ``body`` after ``lead``, wrapped so that it stays to the right of it."""
        first = _text(lead)
        rest = Text(" " * first.cell_len)
        room = max(MIN_ROOM, self.width - first.cell_len)
        for line in Text.assemble(*map(_text, body)).wrap(self._console, room) or [Text()]:
            self._write(Text.assemble(first, line))
            first = rest

    def command(self, lead: str, command: str) -> None:
        """Write a command in one piece, however long, so that it can be copied."""
        for line in command.strip().splitlines():
            if self._fold:
                self.row(lead, (line, "cyan"))
            else:
                self._write(Text.assemble(_text(lead), _text((line, "cyan"))))
            lead = " " * len(lead)

    def line(self, lead: Piece, line: str, caret: int) -> None:
        """Write a line of a file as it stands, neither wrapped nor stripped, and a caret under its place."""
        first = _text(lead)
        self._write(Text.assemble(first, _text(line)))
        under = " " * cell_len(disarm(line[:caret]))
        self._write(Text.assemble(" " * first.cell_len, under, ("^", "bold")))

    def bar(self, share: float) -> str:
        """Return a bar that is full at 1."""
        full = round(min(1.0, max(0.0, share)) * BAR_CELLS)
        return self.glyphs.full * full + self.glyphs.empty * (BAR_CELLS - full)

    def _write(self, line: Text) -> None:
        line.rstrip()
        self._console.print(line, soft_wrap=True)


def _text(piece: Piece) -> Text:
    text, style = piece if isinstance(piece, tuple) else (piece, "")
    whole = _COMPARISON.sub(lambda match: match[0].replace(" ", _GLUE), disarm(text))
    return Text(whole, style=style)


def _glyphs(encoding: str) -> Glyphs:
    """Return the best signs that there are: old code pages have whole blocks, but no eighths of them."""
    blocks = _BLOCKS if _encodes(encoding, "█░└") else _ASCII
    has_steps = _encodes(encoding, blocks.steps + blocks.ellipsis)
    return blocks if has_steps else replace(blocks, steps=_ASCII.steps, ellipsis=_ASCII.ellipsis)


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
