"""Which symptoms hold, how badly, and on what numbers."""

from __future__ import annotations

from collections.abc import Mapping

from fastdiag.engine.evaluate import Truth, compare, decide, describe
from fastdiag.engine.look import Look
from fastdiag.model.diagnosis import SymptomFound
from fastdiag.model.rule import Comparison, Condition, Severity, Symptom


def examine(look: Look) -> dict[str, bool | None]:
    """Return for each symptom whether it holds; what a person observed holds without a condition."""
    observed = set(look.snapshot.observed)
    holding = {
        symptom.id: True if symptom.id in observed else _holds(symptom, look)
        for symptom in look.rulebook.symptoms
    }
    for symptom in look.rulebook.symptoms:
        if symptom.id not in observed and any(holding.get(other) for other in symptom.instead_of):
            holding[symptom.id] = False
    return holding


def _holds(symptom: Symptom, look: Look) -> bool | None:
    return None if symptom.when is None else _truth(symptom.when, look).holds


def _truth(condition: Condition, look: Look) -> Truth:
    def atom(comparison: Comparison) -> Truth:
        return compare(comparison, look)

    return decide(condition, atom)


def found(look: Look, holding: Mapping[str, bool | None]) -> tuple[SymptomFound, ...]:
    """Return the symptoms that hold, the worst first, then in the order of the table."""
    symptoms = [_found(symptom, look) for symptom in look.rulebook.symptoms if holding[symptom.id]]
    return tuple(sorted(symptoms, key=lambda symptom: symptom.severity is not Severity.CRITICAL))


def _found(symptom: Symptom, look: Look) -> SymptomFound:
    evidence: tuple[str, ...] = ()
    if symptom.when is not None:
        truth = _truth(symptom.when, look)
        evidence = tuple(describe(symptom.when, look, truth).split("; ")) if truth.holds else ()
    return SymptomFound(
        id=symptom.id,
        title=symptom.title,
        severity=_severity(symptom, look),
        means=symptom.means,
        evidence=evidence,
        observed=symptom.id in look.snapshot.observed,
    )


def _severity(symptom: Symptom, look: Look) -> Severity:
    critical = symptom.severity.get(Severity.CRITICAL)
    truth = _truth(critical, look) if critical is not None else None
    if truth is not None and truth.holds and truth.trusted:  # nobody is woken by a reading in doubt
        return Severity.CRITICAL
    return Severity.WARNING
