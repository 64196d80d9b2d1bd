"""What became of messages and metrics that were sent, for the screen."""

from __future__ import annotations

from collections.abc import Sequence

from fastdiag.model.notify import Delivery
from fastdiag.render.paper import Paper
from fastdiag.render.words import duration


def render(deliveries: Sequence[Delivery], *, width: int, color: bool, encoding: str) -> str:
    """Return a line for each, and below those that failed why and what to do."""
    paper = Paper(width=width, color=color, encoding=encoding)
    names = max((len(one.name) for one in deliveries), default=0)
    for one in deliveries:
        _write(paper, one, names)
    return paper.text()


def _write(paper: Paper, one: Delivery, names: int) -> None:
    word, style = ("ok", "green") if one.error is None else ("FAILED", "bold red")
    lead = f"{word:<6}  {one.name:<{names}}  {duration(one.seconds):>6}  "
    paper.row((lead, style), one.where)
    indent = " " * len(lead)
    if one.error is not None:
        tries = f" (tried {one.attempts} times)" if one.attempts > 1 else ""
        paper.row(indent, f"{one.error}{tries}")
    if one.hint is not None:
        paper.row(indent, f"hint: {one.hint}")
