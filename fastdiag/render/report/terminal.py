"""A report on the screen: the diagnosis as it always is, and in it what time adds."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Final

from fastdiag.model.changes import CauseChange, Changes, Move
from fastdiag.model.quantity import Unit
from fastdiag.model.report import Report
from fastdiag.model.rule import Kind
from fastdiag.model.signal import Catalogue
from fastdiag.render import terminal
from fastdiag.render.changes import words as changes_words
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.paper import Paper
from fastdiag.render.report import words
from fastdiag.render.terminal import DEFAULT_WIDTH
from fastdiag.render.watch.sparkline import sparkline, top_of
from fastdiag.render.words import filled, moment

_INDENT: Final = "   "
_CELLS: Final = 24
_LEAST_CELLS: Final = 12
_NARROW: Final = 100
"""Columns below which sparklines are short, so that their numbers stay beside them."""
_MAX_CAUSES: Final = 3
_MAX_SIGNALS: Final = 5


def render(
    report: Report,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the report as text of at most ``width`` columns; only commands may be longer.

    Like ``terminal.render``, of which it holds every section.
    """
    return terminal.render(
        report.diagnosis,
        width=width,
        color=color,
        encoding=encoding,
        verbose=verbose,
        also=partial(_write, report, verbose=verbose),
    )


def _write(report: Report, paper: Paper, *, verbose: bool) -> None:
    if report.since:
        _write_since(paper, report.since, verbose=verbose)
    _write_sequence(paper, report)
    _write_courses(paper, report)
    _write_headroom(paper, report)
    _write_recurring(paper, report, verbose=verbose)
    _write_marks(paper, report, verbose=verbose)
    _write_memory(paper, report)


def _write_since(paper: Paper, changes: Changes, *, verbose: bool) -> None:
    paper.heading(words.SINCE)
    paper.row((f"{changes.trend}  ", "bold"), changes_words.headline(changes))
    paper.row(" " * (len(changes.trend) + 2), (changes_words.moments(changes), "dim"))
    for note in changes.notes:
        paper.row(("caution  ", "yellow"), note)
    catalogue = words.units(changes)
    failures = [change for change in changes.causes if change.kind is Kind.FAILURE]
    for change in failures[: None if verbose else _MAX_CAUSES]:
        _write_cause(paper, change, changes, catalogue)
    for symptom in changes.symptoms:
        if symptom.move is not Move.STAYED:
            paper.row(f"{_INDENT}{changes_words.MOVES[symptom.move]}  ", symptom.title)
    crossed = [change for change in changes.signals if change.crossed]
    for signal in crossed[: None if verbose else _MAX_SIGNALS]:
        told = filled(changes_words.crossed(signal), changes.after.snapshot.parameters)
        paper.row(_INDENT, signal.id, f"  {changes_words.values(signal)}", (f"  {told}", "dim"))


def _write_cause(paper: Paper, change: CauseChange, changes: Changes, catalogue: Catalogue) -> None:
    paper.row(_INDENT, (change.title, "bold"), f"  {changes_words.shift(change)}")
    parameters = changes.after.snapshot.parameters
    for driver in change.drivers[: changes_words.MAX_DRIVERS]:
        sign = "+" if driver.push > 0 else "-"
        said = filled(changes_words.finding(driver), parameters)
        numbers = changes_words.numbers(driver, catalogue)
        paper.row(f"{_INDENT}  {sign} ", f"{said}:", (f" {numbers}", "dim"))


def _write_sequence(paper: Paper, report: Report) -> None:
    if report.sequence is None:
        return
    paper.heading(words.SEQUENCE)
    stages = report.sequence.steps
    room = max(len(step.stage) for step in stages)
    for step in stages:
        lead = f"{_INDENT}{words.clock(step.at).partition(' ')[2]} UTC  "
        paper.row(lead, (f"{step.stage:<{room}}  ", "bold"), (words.stage(step), "dim"))
    if missing := words.unseen(report.sequence):
        paper.row(_INDENT, (missing, "dim"))


def _write_courses(paper: Paper, report: Report) -> None:
    if not report.courses:
        return
    paper.heading(words.COURSES)
    paper.row(_INDENT, (words.over(report), "dim"))
    room = max(len(course.signal) for course in report.courses)
    cells = _CELLS if paper.width >= _NARROW else _LEAST_CELLS
    for course in report.courses:
        known = _thinned([value for _, value in course.points], cells)
        drawn = sparkline(known, cells, _top(known, course.unit), paper.glyphs.steps)
        paper.row(f"{_INDENT}{course.signal:<{room}}  {drawn}  ", (words.extent(course), "dim"))


def _top(values: list[float | None], unit: Unit) -> float:
    """Return what the highest step stands for: the whole of a large ratio, else the highest value."""
    peak = max((value for value in values if value is not None), default=0.0)
    whole = top_of(values, unit)
    return whole if whole >= 1 else peak


def _thinned(values: list[float | None], cells: int) -> list[float | None]:
    """Return the highest value of each of so many stretches: a peak is what one looks for."""
    if len(values) <= cells:
        return values
    bounds = [round(number * len(values) / cells) for number in range(cells + 1)]
    stretches = [values[first:last] for first, last in pairwise(bounds)]
    return [max((one for one in part if one is not None), default=None) for part in stretches]


def _write_headroom(paper: Paper, report: Report) -> None:
    if report.headroom is None or not report.headroom.limits:
        return
    paper.heading(words.HEADROOM)
    for standing in report.headroom.limits[: words.MAX_LIMITS]:
        paper.row(f"{_INDENT}{headroom_words.multiple(standing):>5}  ", words.limit(standing))
    paper.row(_INDENT, ("`fastdiag headroom` tells all limits, and how that is known", "dim"))


def _write_recurring(paper: Paper, report: Report, *, verbose: bool) -> None:
    found = words.recurring(report.past)
    if found:
        paper.heading(words.RECURRING)
    for one in found[: None if verbose else words.MAX_RECURRING]:
        paper.row(f"{_INDENT}{words.state(one):<4}  ", (one.title, "bold"), f"  {words.recurrence(one)}")


def _write_marks(paper: Paper, report: Report, *, verbose: bool) -> None:
    if report.past.marks:
        paper.heading(words.MARKS)
    for mark in report.past.marks[: None if verbose else words.MAX_MARKS]:
        paper.row(f"{_INDENT}{moment(mark.at)}  ", mark.text)


def _write_memory(paper: Paper, report: Report) -> None:
    told = [("Caution", note) for note in words.notes(report)]
    if not report.past.trouble and (known := words.memory(report.past)):
        told.append(("History", known))
    if told:
        paper.blank()
    for label, text in told:
        paper.row((f"{label}  ", "bold"), text)
