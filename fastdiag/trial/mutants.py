"""Tables in which one thing is changed: a comparison flipped, a weight moved, a row or an edge left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from fastdiag.engine.evaluate import OPPOSITE
from fastdiag.model.rule import (
    AllOf,
    AnyOf,
    Cause,
    Comparison,
    Condition,
    Evidence,
    Not,
    Rulebook,
    Severity,
    Symptom,
    Weight,
)
from fastdiag.model.trial import AnyMutant, Change, EdgeMutant, Mutant, Row, SymptomMutant
from fastdiag.trial.coverage import rows_of

_STEPS: Final = tuple(Weight)


def all_mutants(book: Rulebook, about: Collection[str] = ()) -> Iterator[AnyMutant]:
    """Yield every change of the rows and edges of the causes ``about``, and of the symptoms of them alone.

    A symptom that other causes explain, too, is no matter of these: it is changed where all are asked for.
    """
    for row in rows_of(book, about):
        yield from mutants_of(row)
    for cause in book.causes:
        if not about or cause.id in about:
            for driver in cause.driven_by:
                yield EdgeMutant(cause=cause.id, driver=driver, where=cause.where)
    for symptom in book.symptoms:
        explained_by = {cause.id for cause in book.causes if symptom.id in cause.explains}
        if not about or explained_by <= set(about):
            yield from mutants_of_symptom(symptom)


def mutants_of_symptom(symptom: Symptom) -> Iterator[SymptomMutant]:
    """Yield every change: each comparison flipped, of the condition and of the severities; these dropped."""
    if symptom.when is not None:
        yield from _changed(symptom, None, symptom.when)
    for level, condition in symptom.severity.items():
        yield from _changed(symptom, level, condition)
        yield _of_symptom(symptom, level, condition, None, condition.text)


def _changed(symptom: Symptom, level: Severity | None, condition: Condition) -> Iterator[SymptomMutant]:
    for flipped, old, new in _flipped(condition):
        yield _of_symptom(symptom, level, condition, flipped, f"{new} instead of {old.operator}")


def _of_symptom(
    symptom: Symptom, level: Severity | None, before: Condition, after: Condition | None, said: str
) -> SymptomMutant:
    return SymptomMutant(
        symptom=symptom.id,
        level=level,
        change=Change.FLIPPED if after else Change.DROPPED,
        before=before,
        after=after,
        said=said,
        where=symptom.where,
    )


def mutants_of(row: Row) -> Iterator[Mutant]:
    """Yield every change: each comparison flipped, the weight one step up and down, the row dropped."""
    evidence = row.evidence
    for flipped, old, new in _flipped(evidence.when):
        said = f"{new} instead of {old.operator}"
        yield _mutant(row, Change.FLIPPED, replace(evidence, when=flipped), said)
    step = _STEPS.index(evidence.weight)
    for change, there in ((Change.HEAVIER, step + 1), (Change.LIGHTER, step - 1)):
        if 0 <= there < len(_STEPS):
            said = f"{_STEPS[there]} instead of {evidence.weight}"
            yield _mutant(row, change, replace(evidence, weight=_STEPS[there]), said)
    yield _mutant(row, Change.DROPPED, None, evidence.when.text)


def _mutant(row: Row, change: Change, evidence: Evidence | None, said: str) -> Mutant:
    return Mutant(row=row, change=change, evidence=evidence, said=said)


def _flipped(condition: Condition) -> Iterator[tuple[Condition, Comparison, Comparison]]:
    """Yield a condition once for each of its comparisons, with that one turned round: what, from, to."""
    match condition:
        case Comparison(left=left, operator=operator, right=right):
            turned = Comparison(left, OPPOSITE[operator], right)
            yield turned, condition, turned
        case Not(part=part):
            yield from ((Not(inner), old, new) for inner, old, new in _flipped(part))
        case AllOf(parts=parts):
            yield from ((AllOf(group), old, new) for group, old, new in _flipped_parts(parts))
        case AnyOf(parts=parts):
            yield from ((AnyOf(group), old, new) for group, old, new in _flipped_parts(parts))


def _flipped_parts(
    parts: tuple[Condition, ...],
) -> Iterator[tuple[tuple[Condition, ...], Comparison, Comparison]]:
    for at, part in enumerate(parts):
        for inner, old, new in _flipped(part):
            yield (*parts[:at], inner, *parts[at + 1 :]), old, new


def mutated(book: Rulebook, mutant: AnyMutant) -> Rulebook:
    """Return the table with the one thing changed."""
    match mutant:
        case Mutant(row=row):
            causes = (_with_row(cause, mutant) if cause.id == row.cause else cause for cause in book.causes)
            return replace(book, causes=tuple(causes))
        case EdgeMutant():
            causes = (_without_edge(cause, mutant) for cause in book.causes)
            return replace(book, causes=tuple(causes))
        case SymptomMutant():
            symptoms = (_with_condition(symptom, mutant) for symptom in book.symptoms)
            return replace(book, symptoms=tuple(symptoms))


def _with_row(cause: Cause, mutant: Mutant) -> Cause:
    row = mutant.row
    side = cause.supports if row.is_for else cause.contradicts
    instead = () if mutant.evidence is None else (mutant.evidence,)
    changed = (*side[: row.index], *instead, *side[row.index + 1 :])
    return replace(cause, supports=changed) if row.is_for else replace(cause, contradicts=changed)


def _without_edge(cause: Cause, mutant: EdgeMutant) -> Cause:
    if cause.id != mutant.cause:
        return cause
    return replace(cause, driven_by=tuple(name for name in cause.driven_by if name != mutant.driver))


def _with_condition(symptom: Symptom, mutant: SymptomMutant) -> Symptom:
    if symptom.id != mutant.symptom:
        return symptom
    if mutant.level is None:
        return replace(symptom, when=mutant.after)
    others = {level: when for level, when in symptom.severity.items() if level is not mutant.level}
    changed = {} if mutant.after is None else {mutant.level: mutant.after}
    return replace(symptom, severity=others | changed)
