"""The checklist on the screen: each item with its verdict, what that rests on, and what to do."""

from __future__ import annotations

from typing import Final

from fastdiag.model.checklist import Answer, Readiness
from fastdiag.model.readiness import Checkup
from fastdiag.model.snapshot import SourceStatus
from fastdiag.render.paper import Paper
from fastdiag.render.readiness import words

DEFAULT_WIDTH: Final = 80
_VERDICT_WIDTH: Final = 13
_INDENT: Final = " " * _VERDICT_WIDTH
_STYLES: Final = {
    Readiness.PASS: "green",
    Readiness.FAIL: "bold red",
    Readiness.ATTESTED: "cyan",
    Readiness.CANNOT_TELL: "yellow",
}
_MARK_STYLES: Final = {True: "green", False: "red", None: "dim"}
_FAILED: Final = (SourceStatus.FAILED, SourceStatus.PARTIAL)


def render(
    checkup: Checkup,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the screen. ``verbose`` shows all evidence, why each item matters, and where more stands."""
    paper = Paper(width=width, color=color, encoding=encoding)
    _write_head(paper, checkup)
    for name, answers in words.groups(checkup):
        paper.heading(name)
        for answer in answers:
            _write_answer(paper, answer, verbose=verbose)
    _write_hint(paper, checkup)
    _write_sources(paper, checkup)
    return paper.text()


def _write_head(paper: Paper, checkup: Checkup) -> None:
    has_failed = bool(checkup.with_verdict(Readiness.FAIL))
    paper.row(("READINESS  ", "bold red" if has_failed else "bold"), (words.headline(checkup), "bold"))
    paper.row("", (words.looked_at(checkup), "dim"))


def _write_answer(paper: Paper, answer: Answer, *, verbose: bool) -> None:
    style = _STYLES[answer.verdict]
    paper.row(
        (f"{answer.verdict:<{_VERDICT_WIDTH}}", style), answer.item.title, (f"  {answer.item.id}", "dim")
    )
    if verbose:
        paper.row(_INDENT, (answer.item.why, "dim"))
    for one in words.telling(answer, verbose=verbose):
        paper.row((f"{_INDENT}{words.MARKS[one.speaks]} ", _MARK_STYLES[one.speaks]), words.said(one))
    told = words.to_do(answer)
    if told:
        advice, _, lines = told[1].partition("\n")
        more = (" -v shows the lines.", "dim") if lines and not verbose else ""
        paper.row((f"{_INDENT}{told[0]}  ", "dim"), advice, more)
        if verbose:
            paper.command(f"{_INDENT}     ", lines)
    for link in answer.item.references if verbose else ():
        paper.row(_INDENT, (link, "dim"))


def _write_hint(paper: Paper, checkup: Checkup) -> None:
    hint = words.attest_hint(checkup)
    if hint:
        paper.blank()
        paper.row("", "What no machine sees, somebody may vouch for in fastdiag.yaml:")
        paper.command("  ", hint)


def _write_sources(paper: Paper, checkup: Checkup) -> None:
    groups = {status: [s.name for s in checkup.sources if s.status is status] for status in SourceStatus}
    said = "; ".join(f"{status}: {', '.join(names)}" for status, names in groups.items() if names)
    paper.blank()
    paper.row(("Sources  ", "bold"), said or "none: only the code was looked at")
    for state in checkup.sources:
        trouble = "; ".join(text for text in (state.error, state.hint) if text)
        if state.status in _FAILED and trouble:
            paper.row(f"         {state.name}: ", trouble)
