"""The live screen as text of so many columns and lines: pure, a frame derives from what was watched.

The verdict stands first and the keys last; between them causes and signals share the lines that are left,
so that nothing ever scrolls by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.model.watching import Page, Watched
from fastdiag.render.watch.overview import overview
from fastdiag.render.watch.pages import cause_page, help_page
from fastdiag.render.watch.sheet import Sheet

LEAST_LINES: Final = 3
_KEYS: Final = {
    Page.OVERVIEW: "q quit   p pause   s save   arrows, enter: a cause in full   ? help",
    Page.CAUSE: "enter back   arrows scroll   p pause   s save   q quit   ? help",
    Page.HELP: "enter back   arrows scroll   q quit",
}


def render(watched: Watched, *, width: int, height: int, color: bool = False, encoding: str = "utf-8") -> str:
    """Return the screen: ``height`` lines of at most ``width`` columns (at least 40).

    ``color`` adds ANSI colours, which repeat what the words say; everything can be encoded in ``encoding``.
    """
    sheet = Sheet(width=width, color=color, encoding=encoding)
    foot = _foot(watched, sheet)
    room = max(LEAST_LINES, height) - len(foot)
    body = _body(watched, sheet, room)
    return "\n".join((*body[:room], *[""] * (room - len(body)), *foot))


def _body(watched: Watched, sheet: Sheet, room: int) -> Sequence[str]:
    match watched.page:
        case Page.OVERVIEW:
            return overview(watched, sheet, room)
        case Page.CAUSE | Page.HELP:
            lines = _whole(watched, sheet)
            first = min(watched.scroll, max(0, len(lines) - room))
            return lines[first : first + room]


def _whole(watched: Watched, sheet: Sheet) -> list[str]:
    """Return all lines of a page that can be scrolled."""
    return cause_page(watched, sheet) if watched.page is Page.CAUSE else help_page(watched, sheet)


def furthest(watched: Watched, *, width: int, height: int) -> int:
    """Return how far the present page can be scrolled, in lines."""
    if watched.page is Page.OVERVIEW:
        return 0
    lines = _whole(watched, Sheet(width=width, color=False, encoding="utf-8"))
    return max(0, len(lines) - (max(LEAST_LINES, height) - 1))


def _foot(watched: Watched, sheet: Sheet) -> list[str]:
    """Return the keys, and above them what became of the last one that asked for something."""
    lines = [(_KEYS[watched.page], "dim")]
    if watched.message:
        lines.insert(0, (watched.message, "bold"))
    return [line for piece in lines for line in sheet.row(piece)[:1]]
