"""Trials on the screen: what differs from what was expected, and why; which rows nothing tells of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from fastdiag.model.trial import (
    Account,
    AnyMutant,
    Case,
    Change,
    EdgeMutant,
    Fate,
    Mutant,
    MutantTried,
    Row,
    RowSeen,
    SymptomMutant,
    Trials,
    Tried,
)
from fastdiag.render.paper import Paper
from fastdiag.render.words import count, likelihood, listed, unfulfilled

DEFAULT_WIDTH: Final = 80
MAX_RANKING: Final = 5
"""Causes of a ranking that are shown: what is expected stands among the first."""


def screen(
    trials: Trials,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return what failed with its ledger, the rows that nothing decides, the changes that nobody notices."""
    paper = Paper(width=width, color=color, encoding=encoding)
    for case, tried in trials.failed:
        _write_failure(paper, case, tried, verbose=verbose)
    if trials.mutants is not None:
        _write_mutants(paper, trials.mutants, failed=len(trials.failed))
    if trials.coverage is not None:
        _write_coverage(paper, trials.coverage, verbose=verbose)
    paper.row("", (summary(trials), "bold"))
    return paper.text()


def failure(case: Case, tried: Tried) -> str:
    """Return what differs in one case, as plain text."""
    paper = Paper(width=DEFAULT_WIDTH, color=False, encoding="utf-8")
    _write_failure(paper, case, tried, verbose=False)
    return paper.text().rstrip("\n")


def summary(trials: Trials) -> str:
    """Return the sum in one line."""
    examples = sum(case.cause is not None for case, _ in trials.cases)
    scenarios = len(trials.cases) - examples
    parts = [count(examples, "example")] * bool(examples) + [count(scenarios, "scenario")] * bool(scenarios)
    failed = len(trials.failed)
    became = f"{failed} failed" if failed else "all as expected" if trials.cases else "nothing was tried"
    return f"{listed(parts) or 'no example, no scenario'}: {became}"


def _write_failure(paper: Paper, case: Case, tried: Tried, *, verbose: bool) -> None:
    paper.row(("FAILED  ", "bold red"), (case.label, "bold"))
    paper.command("  --> ", case.where)
    for one in tried.differences:
        paper.row(("  - expected  ", "red"), f"{one.about}: {one.expected}")
        paper.row(("  + got       ", "green"), f"{one.about}: {one.got}")
    symptoms = f" ({', '.join(tried.symptoms)})" if tried.symptoms else ""
    paper.row(("  status      ", "dim"), f"{tried.status}{symptoms}")
    paper.row(("  ranking     ", "dim"), listed(tried.ranking, at_most=MAX_RANKING) or "no cause is listed")
    for account in tried.accounts:
        _write_account(paper, account, verbose=verbose)
    paper.blank()


def _write_account(paper: Paper, account: Account, *, verbose: bool) -> None:
    rank = f"rank {account.rank}, " if account.rank else ""
    said = f" {rank}{account.verdict.words}, {likelihood(account.probability, account.root)}"
    paper.row("  ", (account.cause, "bold"), said)
    for sign, style, facts in (("+", "green", account.supports), ("-", "red", account.contradicts)):
        for fact in facts:
            because, numbers = unfulfilled(fact.because, fact.said)
            paper.row(
                (f"    {sign} ", style),
                f"{because}: ",
                (f"{numbers}  [log odds {fact.log_odds:+.1f}]", "dim"),
            )
    if account.unknown and not verbose:
        paper.row(("    ? ", "cyan"), (f"{count(len(account.unknown), 'row')} undecided (-v)", "dim"))
    for fact in account.unknown if verbose else ():
        paper.row(("    ? ", "cyan"), f"{fact.because}: ", (f"{fact.when}, unknown", "dim"))


def _write_coverage(paper: Paper, coverage: Sequence[RowSeen], *, verbose: bool) -> None:
    undecided = [seen for seen in coverage if not seen.is_decided]
    idle = [seen for seen in coverage if seen.is_decided and not seen.true]
    paper.row("", (f"Rows that no example decides: {len(undecided)} of {len(coverage)}", "bold"))
    _write_rows(paper, undecided)
    shown = "" if verbose or not idle else " (-v lists them)"
    paper.row("", (f"Rows that are false wherever they are decided: {len(idle)}", "bold"), shown)
    _write_rows(paper, idle if verbose else ())
    paper.blank()


def _write_rows(paper: Paper, seen: Sequence[RowSeen]) -> None:
    for one in seen:
        _write_row(paper, one.row)


def _write_row(paper: Paper, row: Row) -> None:
    paper.command("  --> ", row.evidence.where)
    said, condition = _said(row)
    paper.row("      ", f"{said}: ", (condition, "dim"))


def _said(row: Row) -> tuple[str, str]:
    side = "for" if row.is_for else "against"
    return f"{side} {row.cause}, {row.evidence.weight}", row.evidence.when.text


def _target(mutant: AnyMutant) -> tuple[str, str]:
    """Return what is changed, and its text in the table."""
    match mutant:
        case Mutant(row=row):
            return _said(row)
        case EdgeMutant(cause=cause, driver=driver):
            return f"{cause}, driven_by", driver
        case SymptomMutant(symptom=symptom, level=None, before=before):
            return f"symptom {symptom}, when", before.text
        case SymptomMutant(symptom=symptom, level=level, before=before):
            return f"symptom {symptom}, {level}", before.text


def _write_mutants(paper: Paper, mutants: Sequence[MutantTried], *, failed: int) -> None:
    unnoticed = [one for one in mutants if one.fate is Fate.SURVIVED]
    untried = sum(one.fate is Fate.UNTRIED for one in mutants)
    paper.row("", (f"Changes that nobody notices: {len(unnoticed)} of {len(mutants) - untried}", "bold"))
    if failed:
        paper.row("", ("Mend what failed first: ", "bold yellow"), "it cannot tell what a change does")
    for target, group in groupby(unnoticed, key=lambda one: _target(one.mutant)):
        changes = list(group)
        paper.command("  --> ", changes[0].mutant.where)
        paper.row("      ", f"{target[0]}: ", (target[1], "dim"))
        for one in changes:
            paper.row(f"      {one.mutant.change.value:<8}", _change(one), (f" ({_chance(one)})", "dim"))
    if untried:
        said = "more time (--within), or single causes, would tell"
        paper.row("", (f"{count(untried, 'change')} not tried: ", "bold yellow"), said)
    paper.blank()


def _change(one: MutantTried) -> str:
    if one.mutant.change is not Change.DROPPED:
        return one.mutant.said
    match one.mutant:
        case Mutant():
            return "the whole row"
        case EdgeMutant():
            return "the edge"
        case SymptomMutant():
            return "the severity"


def _chance(one: MutantTried) -> str:
    """Say whether a case is missing, or one that looks more closely."""
    return f"shows in {count(one.concerned, 'case')}" if one.concerned else "shows in no case"
