"""Trials for scripts (`schema: 1`): keys may be added, never renamed."""

from __future__ import annotations

from typing import Final

from fastdiag.located.excerpt import place_of
from fastdiag.model.diagnosis import Fact
from fastdiag.model.trial import (
    Account,
    AnyMutant,
    Case,
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
from fastdiag.render.json import SCHEMA, Json, dump

_DIGITS: Final = 4


def render(trials: Trials) -> str:
    """Return all cases, those that failed with the ledgers; what was not asked for is null."""
    coverage, mutants = trials.coverage, trials.mutants
    return dump(
        {
            "schema": SCHEMA,
            "passed": len(trials.cases) - len(trials.failed),
            "failed": len(trials.failed),
            "cases": [_case(case, tried) for case, tried in trials.cases],
            "coverage": None if coverage is None else [_seen(seen) for seen in coverage],
            "mutants": None if mutants is None else [_mutant(one) for one in mutants],
        }
    )


def _place(where: str) -> dict[str, Json]:
    place = place_of(where)
    return {"file": place.file, "line": place.line or None, "column": place.column or None}


def _case(case: Case, tried: Tried) -> Json:
    return {
        "name": case.name,
        "cause": case.cause,
        **_place(case.where),
        "passed": not tried.differences,
        "differences": [
            {"about": one.about, "expected": one.expected, "got": one.got} for one in tried.differences
        ],
        "status": tried.status.value,
        "symptoms": list(tried.symptoms),
        "ranking": list(tried.ranking),
        "ledgers": [_account(account) for account in tried.accounts],
    }


def _account(account: Account) -> Json:
    return {
        "cause": account.cause,
        "rank": account.rank,
        "verdict": account.verdict.words,
        "probability": round(account.probability, _DIGITS),
        "root": round(account.root, _DIGITS),
        "for": [_fact(fact) for fact in account.supports],
        "against": [_fact(fact) for fact in account.contradicts],
        "unknown": [_fact(fact) for fact in account.unknown],
    }


def _fact(fact: Fact) -> Json:
    log_odds = round(fact.log_odds, _DIGITS)
    return {"because": fact.because, "when": fact.when, "said": fact.said, "log_odds": log_odds}


def _row(row: Row) -> dict[str, Json]:
    return {
        "cause": row.cause,
        "side": "for" if row.is_for else "against",
        "weight": row.evidence.weight.value,
        "when": row.evidence.when.text,
        **_place(row.evidence.where),
    }


def _seen(seen: RowSeen) -> Json:
    return {**_row(seen.row), "decided": seen.is_decided, "true_in": seen.true, "false_in": seen.false}


def _target(mutant: AnyMutant) -> dict[str, Json]:
    """Return what is changed: a row of a cause, an edge of one, or a condition of a symptom."""
    match mutant:
        case Mutant(row=row):
            return {"kind": "row", **_row(row)}
        case EdgeMutant(cause=cause, driver=driver, where=where):
            return {"kind": "edge", "cause": cause, "driven_by": driver, **_place(where)}
        case SymptomMutant(symptom=symptom, level=level, before=before, where=where):
            severity = level.value if level else None
            return {
                "kind": "symptom",
                "cause": None,
                "symptom": symptom,
                "severity": severity,
                "when": before.text,
                **_place(where),
            }


def _mutant(one: MutantTried) -> Json:
    return {
        **_target(one.mutant),
        "change": one.mutant.change.value,
        "said": one.mutant.said,
        "fate": one.fate.value,
        "noticed_by": one.noticed_by,
        "shows_in": one.concerned if one.fate is Fate.SURVIVED else None,
    }
