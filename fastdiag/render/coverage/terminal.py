"""The screen of `fastdiag coverage`: what can be seen of the service, how well, and what to add."""

from __future__ import annotations

from typing import Final

from fastdiag.model.checklist import Coverage, Seen, Sight
from fastdiag.render.coverage.words import (
    CHANGED_NOTHING,
    additions,
    concerns,
    grouped,
    looked_at,
    merits,
    purpose,
    reasons,
    seen_by,
    summary,
)
from fastdiag.render.paper import Paper

DEFAULT_WIDTH: Final = 80
_INDENT: Final = " " * 13
_STYLES: Final = {Sight.VISIBLE: "green", Sight.NOT_VISIBLE: "red", Sight.CANNOT_TELL: "yellow"}


def render(
    coverage: Coverage,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    verbose: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Return the answers as text of at most ``width`` columns; only lines to copy may be longer.

    ``verbose`` adds why each item matters, what is good about it, and all that was looked for.
    """
    paper = Paper(width=width, color=color, encoding=encoding)
    paper.row("", (summary(coverage), "bold"))
    for name, items in grouped(coverage):
        paper.heading(name)
        for seen in items:
            _write_item(paper, seen, verbose=verbose)
    _write_additions(paper, coverage)
    paper.blank()
    paper.row("", (f"{looked_at(coverage)}; {CHANGED_NOTHING}", "dim"))
    return paper.text()


def _write_item(paper: Paper, seen: Seen, *, verbose: bool) -> None:
    paper.row((f"{seen.sight:<11}  ", _STYLES[seen.sight]), seen.item.title)
    if by := seen_by(seen):
        paper.row(_INDENT, (by, "dim"))
    for text in concerns(seen):
        paper.row((f"{_INDENT}but  ", "yellow"), text)
    if verbose:
        for text in merits(seen):
            paper.row((f"{_INDENT}good ", "green"), text)
    if verbose or seen.sight is not Sight.VISIBLE:
        for one in reasons(seen, in_full=verbose):
            paper.row(_INDENT, one)
    if seen.sight is Sight.CANNOT_TELL:
        paper.command(f"{_INDENT}find out: ", seen.item.obtain)
    if verbose:
        paper.row(_INDENT, (seen.item.why, "dim"))


def _write_additions(paper: Paper, coverage: Coverage) -> None:
    found = additions(coverage)
    if found:
        paper.heading("To see more")
    for number, one in enumerate(found):
        if number:
            paper.blank()
        paper.row("   ", (one.add_to, "bold"))
        paper.row("   ", (purpose(one), "dim"))
        paper.command("      ", one.lines)
