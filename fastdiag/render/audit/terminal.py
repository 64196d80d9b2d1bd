"""An audit on the screen: the worst first, each with its line and the way that leads there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len

from fastdiag.model.audit import CodeAudit, Dismissed, Finding, Severity
from fastdiag.render.audit.folds import Fold, folds
from fastdiag.render.audit.overview import write_overview
from fastdiag.render.audit.sheet import (
    MANY,
    STYLES,
    WORST_FIRST,
    Sheet,
    extent,
    groups,
    headline,
    set_aside,
    summary,
)
from fastdiag.render.paper import Paper
from fastdiag.render.words import listed

DEFAULT_WIDTH: Final = 80
MAX_SHOWN: Final = 20
"""Findings of one group; of more, only the number is told unless everything is asked for."""
MAX_SHOWN_OF_MANY: Final = 3
"""The same where there are so many findings that one group would bury the others."""
_INDENT: Final = "  "
_MAX_FILES: Final = 3


def render(
    sheet: Sheet,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the screen. ``verbose`` adds every finding in full, and those that were set aside."""
    paper = Paper(width=width, color=color, encoding=encoding)
    _write_head(paper, sheet)
    for group in groups(sheet):
        _write_group(paper, sheet, group, verbose=verbose)
    _write_unread(paper, sheet)
    _write_dismissed(paper, sheet, verbose=verbose)
    _write_way_on(paper, sheet, verbose=verbose)
    return paper.text()


def _write_head(paper: Paper, sheet: Sheet) -> None:
    paper.row(("AUDIT  ", _head_style(sheet.audit)), (headline(sheet.audit), "bold"))
    paper.row("", (extent(sheet.audit), "dim"))
    if _is_flood(sheet):
        write_overview(paper, sheet)


def _is_flood(sheet: Sheet) -> bool:
    return len(sheet.audit.findings) >= MANY


def _head_style(audit: CodeAudit) -> str:
    worst = min((WORST_FIRST.index(one.severity) for one in audit.findings), default=None)
    if worst is None:
        return "bold magenta" if audit.unread else "bold green"
    return STYLES[WORST_FIRST[worst]]


def _write_group(paper: Paper, sheet: Sheet, group: Sequence[Finding], *, verbose: bool) -> None:
    first = group[0]
    paper.blank()
    lead = (f"{first.severity.value.upper()}  ", STYLES[first.severity])
    paper.row(lead, (sheet.heading(first), "bold"), (f"  {first.check}, {len(group)}", "dim"))
    if mechanism := sheet.mechanism(first):
        paper.row(_INDENT, mechanism)
        paper.row((f"{_INDENT}fix  ", "bold"), sheet.fix(first))
    together = [Fold(one) for one in group] if verbose else folds(group)
    shown = together if verbose else together[: MAX_SHOWN_OF_MANY if _is_flood(sheet) else MAX_SHOWN]
    if first.severity is Severity.NOTE and not verbose:
        _write_lines(paper, sheet, shown)
    else:
        _write_findings(paper, sheet, shown)
    if left := [one for fold in together[len(shown) :] for one in fold.all]:
        paper.blank()
        paper.row(_INDENT, (_more(sheet, left), "dim"))


def _write_lines(paper: Paper, sheet: Sheet, shown: Iterable[Fold]) -> None:
    paper.blank()
    for fold in shown:
        for finding in fold.all:
            _write_line(paper, sheet, finding)


def _write_findings(paper: Paper, sheet: Sheet, shown: Iterable[Fold]) -> None:
    said = ""
    for fold in shown:
        _write_finding(paper, sheet, fold, said)
        said = fold.first.fix


def _more(sheet: Sheet, left: Sequence[Finding]) -> str:
    """Say where the findings are that are not shown."""
    files = Counter(sheet.path(one.place.file) for one in left).most_common()
    where = listed([f"{file} ({number})" for file, number in files[:_MAX_FILES]])
    most = "most in " if len(files) > _MAX_FILES else "in "
    return f"and {len(left)} more, {most}{where}; -v shows all"


def _write_line(paper: Paper, sheet: Sheet, finding: Finding) -> None:
    paper.row(f"{_INDENT}- ", (f"{sheet.at(finding.place)}  ", "cyan"), finding.message)


def _write_finding(paper: Paper, sheet: Sheet, fold: Fold, said: str) -> None:
    """Write a finding in full; ``said`` is the advice that stands above, which need not be read again."""
    finding = fold.first
    paper.blank()
    paper.row(_INDENT, finding.message, (f"  {finding.confidence}", "dim"))
    paper.command(f"{_INDENT}--> ", sheet.at(finding.place))
    if excerpt := sheet.excerpts.get(finding.place):
        paper.line((f"{_INDENT}{finding.place.line} | ", "dim"), *excerpt)
    _write_chain(paper, sheet, finding)
    if fold.others:
        paper.row((f"{_INDENT}also  ", "bold"), fold.lines)
    if finding.fix and finding.fix != sheet.fix(finding):
        again = finding.fix == said
        paper.row((f"{_INDENT}fix  ", "bold"), ("as above", "dim") if again else finding.fix)


def _write_chain(paper: Paper, sheet: Sheet, finding: Finding) -> None:
    for depth, step in enumerate(finding.chain):
        corner = f"{'  ' * (depth - 1)}{paper.glyphs.corner} " if depth else ""
        lead, place = f"{_INDENT}  {corner}", sheet.line(step.place)
        if cell_len(lead) + cell_len(step.text) + 2 + cell_len(place) <= paper.width:
            paper.row(lead, step.text, (f"  {place}", "dim"))
        else:  # a place is never broken: it is there to be clicked on
            paper.row(lead, step.text)
            paper.command(" " * cell_len(lead), place)


def _write_unread(paper: Paper, sheet: Sheet) -> None:
    if not sheet.audit.unread:
        return
    paper.heading(f"Not analysed: {len(sheet.audit.unread)}")
    for one in sheet.audit.unread:
        paper.row(_INDENT, (f"{sheet.at(one.place)}  ", "cyan"), one.reason)


def _write_dismissed(paper: Paper, sheet: Sheet, *, verbose: bool) -> None:
    said = set_aside(sheet.audit)
    if not said:
        return
    paper.blank()
    paper.row(("Set aside  ", "bold"), said, "" if verbose else " (-v lists them)")
    for one in sheet.audit.dismissed if verbose else ():
        _write_one_dismissed(paper, sheet, one)


def _write_way_on(paper: Paper, sheet: Sheet, *, verbose: bool) -> None:
    """Say what to do next; a flood has scrolled its own head away, so that its numbers are said again."""
    if not sheet.audit.findings:
        return
    check = next(groups(sheet))[0].check
    paper.blank()
    if _is_flood(sheet) and not verbose:
        paper.row("", (summary(sheet.audit.findings), "bold"), ", counted by check and by file at the top.")
        paper.row("", "-v shows all of them, --only CHECK one check; --write-baseline FILE sets them")
        paper.row("", "aside, so that only new ones count.")
    paper.row("", (f"`fastdiag explain {check}` says more. A finding that is meant to stay gets", "dim"))
    paper.row("", (f"`# fastdiag: ignore[{check}] reason` on its line or above.", "dim"))


def _write_one_dismissed(paper: Paper, sheet: Sheet, one: Dismissed) -> None:
    _write_line(paper, sheet, one.finding)
    paper.row(f"{_INDENT}  ", (one.reason or f"no reason is given ({one.by})", "dim"))
