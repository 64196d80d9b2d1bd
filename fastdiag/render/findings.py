"""Findings about rule files: on the screen with an excerpt and a caret, as JSON, as GitHub's annotations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.audit import CodePlace
from fastdiag.render.json import SCHEMA, Json, dump
from fastdiag.render.paper import Paper
from fastdiag.render.words import count
from fastdiag.render.workflow import annotation

DEFAULT_WIDTH: Final = 80
_STYLES: Final = {"error": "bold red", "warning": "bold yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One finding with what it takes to show it.

    path           the file as its user can open it
    line, column   from 1; 0 where the finding is about the file as such
    excerpt        the line, and after how many characters the caret belongs
    """

    level: str
    where: str
    path: str
    line: int
    column: int
    message: str
    hint: str | None
    excerpt: tuple[str, int] | None


def screen(
    findings: Sequence[Shown], *, width: int = DEFAULT_WIDTH, color: bool = False, encoding: str = "utf-8"
) -> str:
    """Return all findings with their lines, and the sum."""
    paper = Paper(width=width, color=color, encoding=encoding)
    for finding in findings:
        _write(paper, finding)
    paper.row("", (_sum(findings), "bold"))
    return paper.text()


def _write(paper: Paper, finding: Shown) -> None:
    paper.row((f"{finding.level}: ", _STYLES[finding.level]), finding.message)
    paper.command("  --> ", finding.where)
    if finding.excerpt:
        paper.line((f"  {finding.line} | ", "dim"), *finding.excerpt)
    if finding.hint:
        paper.row(("  hint: ", "bold"), finding.hint)
    paper.blank()


def _sum(findings: Sequence[Shown]) -> str:
    errors = sum(finding.level == "error" for finding in findings)
    return f"{count(errors, 'error')}, {count(len(findings) - errors, 'warning')}"


def json(findings: Sequence[Shown]) -> str:
    """Return all findings for scripts: keys may be added, never renamed."""
    return dump({"schema": SCHEMA, "findings": [_document(finding) for finding in findings]})


def _document(finding: Shown) -> Json:
    return {
        "level": finding.level,
        "file": finding.path,
        "line": finding.line or None,
        "column": finding.column or None,
        "message": finding.message,
        "hint": finding.hint,
    }


def github(findings: Sequence[Shown]) -> str:
    """Return workflow commands, which GitHub shows at the lines of a pull request."""
    return "".join(f"{_annotation(finding)}\n" for finding in findings)


def _annotation(finding: Shown) -> str:
    said = f"{finding.message} ({finding.hint})" if finding.hint else finding.message
    return annotation(finding.level, said, CodePlace(finding.path, finding.line, finding.column))


FORMS: Final[dict[str, Callable[[Sequence[Shown]], str]]] = {"json": json, "github": github}
"""The forms that no screen lays out."""
