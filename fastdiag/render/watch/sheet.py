"""Where lines of the live screen are written: sections as lists of lines, columns that line up."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len, set_cell_size

from fastdiag.redact import disarm
from fastdiag.render.paper import MIN_WIDTH, Paper, Piece

LABEL_CELLS: Final = 10
WIDE: Final = 100
"""Columns from which on there is room for more than a number beside a course, and for whole titles."""
_LEAST_CELLS: Final = 10
_MOST_CELLS: Final = 60
_CURSOR_CELLS: Final = 2
_BESIDE_CELLS: Final = 20
"""Beside a course: a percentage and `very likely`, or a value and its peak."""
_NARROW_CELLS: Final = 11
_BLANK: Final = 2


class Sheet:
    """The screen's measures: a name, its course, and what stands beside that, in every section alike."""

    def __init__(self, *, width: int, color: bool, encoding: str) -> None:
        self.width = max(MIN_WIDTH, width)
        self._color = color
        self._encoding = encoding
        self.glyphs = self._paper().glyphs
        self.is_wide = self.width >= WIDE
        self.course_cells = min(_MOST_CELLS, max(_LEAST_CELLS, self.width // 2 - 25))
        self.beside_cells = _BESIDE_CELLS if self.is_wide else _NARROW_CELLS
        self.name_cells = self.width - _CURSOR_CELLS - self.course_cells - 2 * _BLANK - self.beside_cells

    @property
    def before_course(self) -> int:
        """Return the columns to the left of the courses."""
        return _CURSOR_CELLS + self.name_cells + _BLANK

    def lines(self, write: Callable[[Paper], None]) -> list[str]:
        """Return the lines that something writes on a paper of this width."""
        paper = self._paper()
        write(paper)
        return paper.text().splitlines()

    def fit(self, text: str, cells: int) -> str:
        """Return a text of exactly so many columns, cut where it is longer."""
        safe = disarm(text)
        if cell_len(safe) <= cells:
            return set_cell_size(safe, cells)
        return set_cell_size(safe, cells - 1) + self.glyphs.ellipsis

    def row(self, *pieces: Piece) -> list[str]:
        """Return one row, in as many lines as it takes."""
        return self.lines(lambda paper: paper.row("", *pieces))

    def entry(self, label: str, text: str, at_most: int) -> list[str]:
        """Return a label and a text beside it, in so many lines at most."""
        cut = textwrap.wrap(
            disarm(text),
            self.width - LABEL_CELLS,
            max_lines=at_most,
            placeholder=self.glyphs.ellipsis,
            break_on_hyphens=False,
        )

        def write(paper: Paper) -> None:
            for lead, line in zip_longest([label], cut, fillvalue=""):
                paper.row((f"{lead:<{LABEL_CELLS}}", "bold"), (line, "dim"))

        return self.lines(write)[:at_most]

    def _paper(self) -> Paper:
        return Paper(width=self.width, color=self._color, encoding=self._encoding, fold=True)
