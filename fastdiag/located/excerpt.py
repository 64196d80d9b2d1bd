"""The line that a fault is about, with a caret under the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.located.files import MAX_FILE_BYTES
from fastdiag.located.problems import Place

SHOWN_CHARACTERS: Final = 100
"""Of a longer line the part about the place is shown."""
BEFORE: Final = 40
"""Characters of such a line that stand before the place."""
CUT: Final = "..."


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of a file, and after how many of its characters the caret belongs."""

    line: str
    caret: int


def place_of(where: str) -> Place:
    """Read `file:line:column` as ``Place`` writes it; what bears no numbers is a file."""
    file, line, column = [*where.rsplit(":", 2), "", ""][:3]
    if line.isdecimal() and column.isdecimal():
        return Place(file, int(line), int(column))
    return Place(where)


def excerpt(path: Path, place: Place) -> Excerpt | None:
    """Return the line of a place; None where the file has none or cannot be read any more."""
    return excerpt_of(lines_of(path), place) if place.line else None


def lines_of(path: Path) -> list[str]:
    """Return the lines of a file, those that its first MAX_FILE_BYTES hold; none where it cannot be read."""
    if not path.is_file():
        return []
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return []


def excerpt_of(lines: Sequence[str], place: Place) -> Excerpt | None:
    """Return the line of a place in a file that has these lines; None where it has no such line."""
    if not 0 < place.line <= len(lines):
        return None
    return _about(lines[place.line - 1], min(place.column - 1, len(lines[place.line - 1])))


def _about(line: str, caret: int) -> Excerpt:
    if len(line) <= SHOWN_CHARACTERS:
        return Excerpt(line, caret)
    start = max(0, min(caret - BEFORE, len(line) - SHOWN_CHARACTERS))
    shown = line[start : start + SHOWN_CHARACTERS]
    lead = CUT if start else ""
    end = CUT if start + SHOWN_CHARACTERS < len(line) else ""
    return Excerpt(f"{lead}{shown}{end}", caret - start + len(lead))
