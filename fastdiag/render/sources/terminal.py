"""The screen of `fastdiag sources`: what works, what to do to see more, what stays unseen."""

from __future__ import annotations

from typing import Final

from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.survey import Stock, Survey
from fastdiag.render.paper import Paper
from fastdiag.render.sources.words import (
    SKIPPED_WHY,
    detail,
    gain,
    lacking,
    ranked_steps,
    spent,
    summary,
    where,
)
from fastdiag.render.words import count, duration

DEFAULT_WIDTH: Final = 80
_STEPS_INDENT: Final = " " * 6
_STYLES: Final = {
    SourceStatus.OK: "green",
    SourceStatus.PARTIAL: "yellow",
    SourceStatus.FAILED: "red",
    SourceStatus.SKIPPED: "dim",
}


def render(
    survey: Survey,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    verbose: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Return the survey as text of at most ``width`` columns; only commands may be longer.

    ``verbose`` lists every signal and every reason.
    """
    paper = Paper(width=width, color=color, encoding=encoding)
    paper.row("", (summary(survey), "bold"))
    if survey.config:
        paper.row("", (f"settings from {survey.config}", "dim"))
    paper.blank()
    name_width = max((len(stock.state.name) for stock in survey.sources), default=0)
    for stock in survey.sources:
        _write_source(paper, stock, name_width)
    _write_steps(paper, survey, verbose=verbose)
    for stock in survey.sources if verbose else ():
        _write_signals(paper, stock)
    paper.blank()
    paper.row("", (spent(survey), "dim"))
    return paper.text()


def _write_source(paper: Paper, stock: Stock, name_width: int) -> None:
    state = stock.state
    status = (f"{state.status:<7}  ", _STYLES[state.status])
    name = f"{state.name:<{name_width}}  "
    if state.status is SourceStatus.SKIPPED:
        paper.row(status, name, (state.error or SKIPPED_WHY, "dim"))
        return
    cost = f"  {duration(state.seconds)}, {count(state.requests, 'request')}"
    paper.row(status, name, f"{len(stock.yields):>3} of {count(stock.owed, 'signal')}", (cost, "dim"))
    below = " " * (len(status[0]) + len(name))
    for line in filter(None, (where(stock), state.error)):
        paper.row(below, line)
    if state.status is not SourceStatus.FAILED:
        for line in lacking(stock):
            paper.row(below, ("lacks ", "dim"), (line, "dim"))


def _write_steps(paper: Paper, survey: Survey, *, verbose: bool) -> None:
    steps = ranked_steps(survey)
    if steps:
        paper.heading("To see more")
    for name, step in steps:
        if step.is_exact:
            paper.command("   ", step.do)
            paper.row(_STEPS_INDENT, f"{name}: {step.why}" if step.why else name)
        else:
            paper.row("   ", f"{name}: {step.do}")
            paper.row(_STEPS_INDENT, step.why)
        if step.signals:
            paper.row(_STEPS_INDENT, (f"shows {gain(step.signals, in_full=verbose)}", "dim"))


def _write_signals(paper: Paper, stock: Stock) -> None:
    if not stock.owed or stock.state.status is SourceStatus.SKIPPED:
        return
    paper.heading(stock.state.name)
    if stock.yields:
        paper.row(("   yields  ", "green"), ", ".join(stock.yields))
    for lack in stock.lacks:
        paper.row(("   lacks   ", "yellow"), ", ".join(lack.signals))
        paper.row(" " * 11, (f"{lack.reason}: {detail(lack, stock)}", "dim"))
