"""A hard limit of the rule table, explained to a person."""

from __future__ import annotations

from typing import Final

from fastdiag.model.headroom import Limit, Measure, ScalesWith, Scope
from fastdiag.model.rule import Rulebook
from fastdiag.render.sheet import Page

_WHOSE: Final = {
    Scope.WORKER: "each worker has its own",
    Scope.SERVICE: "the service as a whole",
    Scope.HOST: "the machine, for all programs on it",
    Scope.SERVER: "a server that others use up too",
}
_GROWS: Final = {
    ScalesWith.TRAFFIC: "traffic",
    ScalesWith.CONNECTIONS: "clients, pools and workers",
    ScalesWith.NONE: "neither traffic nor connections",
}


def explain_limit(paper: Page, limit: Limit, book: Rulebook) -> None:
    """Write what is used of what, what happens at the limit, where it is set and how it is raised."""
    paper.row("", (f"{limit.title}  ({limit.id})", "bold"))
    paper.row("", limit.means)
    paper.row("Whose       ", _WHOSE[limit.per])
    paper.row("Grows with  ", _GROWS[limit.scales_with])
    if limit.becomes:
        paper.row("Turns into  ", f"{limit.becomes}: {book.cause(limit.becomes).title}")
    paper.heading("Used, and of how much")
    for measure in limit.measures:
        paper.row("   ", _measure(measure))
    if limit.growth:
        paper.row("   ", f"fills with time: {limit.growth.signal}")
    paper.heading("Set by")
    paper.row("   ", limit.configured)
    paper.heading("To raise it")
    paper.row("   ", limit.raise_it)
    paper.heading("To see it")
    paper.row("   ", limit.obtain)


def _measure(measure: Measure) -> str:
    condition = f", while {measure.when}" if measure.when else ""
    return f"{measure.used} of {measure.limit}{condition}"
