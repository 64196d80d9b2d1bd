"""An audit on the screen: the worst first, each with its line and the way that leads there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from fastdiag.model.audit import CodeAudit, Dismissed, Finding, Severity
from fastdiag.render.audit.sheet import WORST_FIRST, Sheet, extent, groups, headline, set_aside
from fastdiag.render.paper import Paper
from fastdiag.render.words import listed

DEFAULT_WIDTH: Final = 80
MAX_SHOWN: Final = 20
"""Findings of one check; of more, only the number is told unless everything is asked for."""
_STYLES: Final = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
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
    told: set[str] = set()
    for group in groups(sheet.audit.findings, sheet.checks):
        _write_group(paper, sheet, group, explain=group[0].check not in told, verbose=verbose)
        told.add(group[0].check)
    _write_unread(paper, sheet)
    _write_dismissed(paper, sheet, verbose=verbose)
    _write_way_on(paper, sheet)
    return paper.text()


def _write_head(paper: Paper, sheet: Sheet) -> None:
    paper.row(("AUDIT  ", _head_style(sheet.audit)), (headline(sheet.audit), "bold"))
    paper.row("", (extent(sheet.audit), "dim"))


def _head_style(audit: CodeAudit) -> str:
    worst = min((WORST_FIRST.index(one.severity) for one in audit.findings), default=None)
    if worst is None:
        return "bold magenta" if audit.unread else "bold green"
    return _STYLES[WORST_FIRST[worst]]


def _write_group(
    paper: Paper, sheet: Sheet, group: Sequence[Finding], *, explain: bool, verbose: bool
) -> None:
    first = group[0]
    check = sheet.checks.get(first.check)
    paper.blank()
    lead = (f"{first.severity.value.upper()}  ", _STYLES[first.severity])
    paper.row(lead, (sheet.title(first.check), "bold"), (f"  {first.check}, {len(group)}", "dim"))
    if check and explain:
        paper.row(_INDENT, check.mechanism)
        paper.row((f"{_INDENT}fix  ", "bold"), check.fix)
    shown = group if verbose else group[:MAX_SHOWN]
    if first.severity is Severity.NOTE and not verbose:
        _write_lines(paper, sheet, shown)
    else:
        _write_findings(paper, sheet, shown)
    if left := group[len(shown) :]:
        paper.blank()
        paper.row(_INDENT, (_more(sheet, left), "dim"))


def _write_lines(paper: Paper, sheet: Sheet, findings: Iterable[Finding]) -> None:
    paper.blank()
    for finding in findings:
        _write_line(paper, sheet, finding)


def _write_findings(paper: Paper, sheet: Sheet, findings: Iterable[Finding]) -> None:
    said = ""
    for finding in findings:
        _write_finding(paper, sheet, finding, said)
        said = finding.fix


def _more(sheet: Sheet, left: Sequence[Finding]) -> str:
    """Say where the findings are that are not shown."""
    files = Counter(sheet.path(one.place.file) for one in left).most_common()
    where = listed([f"{file} ({number})" for file, number in files[:_MAX_FILES]])
    most = "most in " if len(files) > _MAX_FILES else "in "
    return f"and {len(left)} more, {most}{where}; -v shows all"


def _write_line(paper: Paper, sheet: Sheet, finding: Finding) -> None:
    paper.row(f"{_INDENT}- ", (f"{sheet.at(finding.place)}  ", "cyan"), finding.message)


def _write_finding(paper: Paper, sheet: Sheet, finding: Finding, said: str) -> None:
    """Write a finding in full; ``said`` is the advice that stands above, which need not be read again."""
    paper.blank()
    paper.row(_INDENT, finding.message, (f"  {finding.confidence}", "dim"))
    paper.command(f"{_INDENT}--> ", sheet.at(finding.place))
    if excerpt := sheet.excerpts.get(finding.place):
        paper.line((f"{_INDENT}{finding.place.line} | ", "dim"), *excerpt)
    _write_chain(paper, sheet, finding)
    if finding.fix:
        again = finding.fix == said
        paper.row((f"{_INDENT}fix  ", "bold"), ("as above", "dim") if again else finding.fix)


def _write_chain(paper: Paper, sheet: Sheet, finding: Finding) -> None:
    for depth, step in enumerate(finding.chain):
        lead = f"{'  ' * (depth - 1)}{paper.glyphs.corner} " if depth else ""
        paper.row(f"{_INDENT}  {lead}", step.text, (f"  {sheet.line(step.place)}", "dim"))


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


def _write_way_on(paper: Paper, sheet: Sheet) -> None:
    if sheet.audit.findings:
        check = next(groups(sheet.audit.findings, sheet.checks))[0].check
        paper.blank()
        paper.row("", (f"`fastdiag explain {check}` says more. A finding that is meant to stay gets", "dim"))
        paper.row("", (f"`# fastdiag: ignore[{check}] reason` on its line or above.", "dim"))


def _write_one_dismissed(paper: Paper, sheet: Sheet, one: Dismissed) -> None:
    _write_line(paper, sheet, one.finding)
    paper.row(f"{_INDENT}  ", (one.reason or f"no reason is given ({one.by})", "dim"))
