"""A comparison on the screen: better or worse, which causes moved and why, then what was measured."""

from __future__ import annotations

from typing import Final

from fastdiag.model.changes import CauseChange, Changes, Move, SignalChange, Trend
from fastdiag.model.rule import Kind
from fastdiag.model.signal import Catalogue
from fastdiag.render.changes import words
from fastdiag.render.paper import Paper
from fastdiag.render.words import count, filled, lowered

DEFAULT_WIDTH: Final = 80
_INDENT: Final = "   "
_STYLES: Final = {
    Trend.WORSE: "bold red",
    Trend.BETTER: "bold green",
    Trend.CHANGED: "bold yellow",
    Trend.SAME: "bold",
    Trend.UNKNOWN: "bold magenta",
}
_MOVE_STYLES: Final = {Move.APPEARED: "red", Move.VANISHED: "green", Move.STAYED: "dim"}
_MOVE_WIDTH: Final = 11
_VALUES_WIDTH: Final = 22
_FACTOR_WIDTH: Final = 6


def render(  # noqa: PLR0913 - what a screen is
    changes: Changes,
    catalogue: Catalogue,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the screen. ``verbose`` adds every finding, and every signal that moved by a quarter."""
    paper = Paper(width=width, color=color, encoding=encoding)
    word = f"{changes.trend.upper()}  "
    paper.row((word, _STYLES[changes.trend]), (words.headline(changes), "bold"))
    paper.row(" " * len(word), (words.moments(changes), "dim"))
    for note in changes.notes:
        paper.row(("caution   ", "yellow"), note)
    _write_causes(paper, changes, catalogue, verbose=verbose)
    _write_symptoms(paper, changes)
    _write_signals(paper, changes, verbose=verbose)
    _write_sight(paper, changes, verbose=verbose)
    return paper.text()


def _write_causes(paper: Paper, changes: Changes, catalogue: Catalogue, *, verbose: bool) -> None:
    failures = [change for change in changes.causes if change.kind is Kind.FAILURE]
    blind = [change for change in changes.causes if change.kind is Kind.VISIBILITY]
    if failures:
        paper.heading("Causes")
    for number, change in enumerate(failures, 1):
        _write_cause(paper, number, change, changes, catalogue, verbose=verbose)
    if blind:
        said = "; ".join(f"{lowered(change.title)} {words.shift(change)}" for change in blind)
        paper.blank()
        paper.row(("Blind spots  ", "bold"), said)


def _write_cause(  # noqa: PLR0913 - one row a cause, with what it takes to word it
    paper: Paper, number: int, change: CauseChange, changes: Changes, catalogue: Catalogue, *, verbose: bool
) -> None:
    is_up = change.after.probability > change.before.probability
    style = "bold red" if is_up else "bold green"
    paper.row(f"{number}  ", (change.title, "bold"))
    paper.row(_INDENT, (words.shift(change), style), f"  {words.verdicts(change)}")
    shown = change.drivers if verbose else change.drivers[: words.MAX_DRIVERS]
    parameters = changes.after.snapshot.parameters
    for driver in shown:
        sign = (f"{_INDENT}{'+' if driver.push > 0 else '-'} ", "red" if driver.push > 0 else "green")
        said = filled(words.finding(driver), parameters)
        paper.row(sign, f"{said}:", (f" {words.numbers(driver, catalogue)}", "dim"))
    left = len(change.drivers) - len(shown)
    if left:
        paper.row(f"{_INDENT}  ", (f"and {left} more (-v)", "dim"))
    if not change.drivers:
        paper.row(
            f"{_INDENT}  ", ("none of its own findings changed: other causes or the symptoms did", "dim")
        )


def _write_symptoms(paper: Paper, changes: Changes) -> None:
    if changes.symptoms:
        paper.heading("Symptoms")
    for change in changes.symptoms:
        paper.row((f"{words.MOVES[change.move]:<{_MOVE_WIDTH}}", _MOVE_STYLES[change.move]), change.title)


def _write_signals(paper: Paper, changes: Changes, *, verbose: bool) -> None:
    crossed = [change for change in changes.signals if change.crossed]
    shown = changes.signals if verbose else crossed[: words.MAX_SIGNALS]
    if not changes.signals:
        return
    paper.heading("Signals" if verbose else "Signals that crossed a threshold")
    name_width = max((len(change.id) for change in shown), default=0)
    for change in shown:
        _write_signal(paper, change, name_width, changes)
    left = len(changes.signals) - len(shown)
    if left:
        paper.row("", (f"and {count(left, 'other signal')} that changed by a quarter or more (-v)", "dim"))


def _write_signal(paper: Paper, change: SignalChange, name_width: int, changes: Changes) -> None:
    numbers = f"{words.values(change):<{_VALUES_WIDTH}}  {words.factor(change):<{_FACTOR_WIDTH}}"
    crossed = filled(words.crossed(change), changes.after.snapshot.parameters)
    paper.row(f"{change.id:<{name_width}}  ", numbers, (f"  {crossed}", "dim"))
    if change.doubt:
        paper.row((f"{'':<{name_width}}  may mislead  ", "yellow"), change.doubt)


def _write_sight(paper: Paper, changes: Changes, *, verbose: bool) -> None:
    """Write what was seen once only: such a change is one of sight, and not of the service."""
    seen = words.unseen(changes, in_full=verbose)
    if seen or changes.sources:
        paper.heading("Not comparable")
    for title, names in seen:
        paper.row((f"{title}  ", "dim"), names)
    for change in changes.sources:
        paper.row(("source            ", "dim"), words.source(change))
