"""Everything that is wrong with a table, errors and warnings alike, without stopping at the first step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastdiag.located.problems import Problems
from fastdiag.model.rule import Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.rulebook.audit.checks import Known, read_checks
from fastdiag.rulebook.audit.sinks import read_sinks
from fastdiag.rulebook.checklists import Checklist, check_names, read_checklist
from fastdiag.rulebook.folders import AUDIT, CHECKLISTS, PARTS, SCENARIOS, Folder, read_folders
from fastdiag.rulebook.groundwork import read_groundwork
from fastdiag.rulebook.lint import Finding, Level, lint
from fastdiag.rulebook.load import read_judging
from fastdiag.rulebook.scenarios import read_scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found; ``book`` is the table where its files make sense at all, contradictions included."""

    findings: tuple[Finding, ...]
    book: Rulebook | None
    scenarios: tuple[Scenario, ...] = ()


def examine(builtin: Path, extra: Sequence[Path] = ()) -> Examined:
    """Read a table like ``load_rulebook`` and return all findings, errors first.

    Like there, each step rests on the one before: while a file cannot be read, what it would define is not
    held against those who name it.
    """
    problems = Problems()
    folders = read_folders(builtin, extra, problems, (*PARTS, SCENARIOS, CHECKLISTS, AUDIT))
    if problems.found:
        return Examined(findings=_errors(problems), book=None)
    ground = read_groundwork(folders, problems)
    book = read_judging(folders, ground, problems)
    scenarios = read_scenarios(folders, ground.vocabulary, book, problems)
    _read_audit(folders, {cause.id for cause in book.causes}, problems)
    if problems.found:
        return Examined(findings=_errors(problems), book=None)
    return Examined(findings=lint(book), book=book, scenarios=scenarios)


def _read_audit(folders: Sequence[Folder], causes: Collection[str], problems: Problems) -> None:
    """Read what only `coverage` and `audit` use."""
    check_names(folders, problems)
    items = {name: read_checklist(folders, name, problems) for name in Checklist}
    ready = {item.id for item in items[Checklist.READINESS]}
    read_checks(folders, Known(items=ready, causes=causes), problems)
    read_sinks(folders, problems)


def _errors(problems: Problems) -> tuple[Finding, ...]:
    return tuple(
        Finding(level=Level.ERROR, where=str(problem.place), message=problem.message, hint=problem.hint)
        for problem in problems.sorted()
    )
