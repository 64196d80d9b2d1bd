"""Whether the cases notice a change of the table: those that it can concern are tried, likeliest first."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from fastdiag.engine.evaluate import Truth, compare, decide
from fastdiag.engine.glance import glance
from fastdiag.engine.look import Look
from fastdiag.model.rule import Comparison, Condition, Symptom
from fastdiag.model.trial import AnyMutant, Case, Change, EdgeMutant, Fate, Mutant, MutantTried, SymptomMutant
from fastdiag.trial.attempt import judge
from fastdiag.trial.mutants import mutated
from fastdiag.trial.team import Desk

TOGETHER: Final = 1e-3
"""Less likely than this, two causes at work at once move no verdict, whether or not one drives the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A change to try until a moment in seconds since the epoch."""

    mutant: AnyMutant
    until: float


def try_mutant(desk: Desk, probe: Probe) -> MutantTried:
    """Return which case notices the change, if any does. Those of the desk pass without it."""
    concerned = 0
    book = mutated(desk.book, probe.mutant)
    for case in _likeliest_first(desk, probe.mutant):
        if time.time() >= probe.until:
            return MutantTried(mutant=probe.mutant, fate=Fate.UNTRIED)
        concerned += 1
        if judge(case, book)[1]:
            return MutantTried(
                mutant=probe.mutant, fate=Fate.NOTICED, noticed_by=case.label, concerned=concerned
            )
    return MutantTried(mutant=probe.mutant, fate=Fate.SURVIVED, concerned=concerned)


def witnesses(desk: Desk, mutants: Iterable[AnyMutant], about: Collection[str]) -> tuple[Case, ...]:
    """Return the cases that say something of the causes ``about``, or in which one of the changes shows."""
    changes = tuple(mutants)
    return tuple(
        case
        for case, sight in zip(desk.cases, _sights(desk), strict=True)
        if case.concerns & frozenset(about) or any(map(sight.shows, changes))
    )


def _likeliest_first(desk: Desk, mutant: AnyMutant) -> list[Case]:
    """Return the cases in which the change says anything, those first that say something of its cause."""
    sights = _sights(desk)
    concerned = [case for case, sight in zip(desk.cases, sights, strict=True) if sight.shows(mutant)]
    match mutant:
        case Mutant(row=row):
            return sorted(concerned, key=lambda case: row.cause not in case.concerns)
        case EdgeMutant(cause=cause, driver=driver):
            return sorted(concerned, key=lambda case: -len(case.concerns & {cause, driver}))
        case SymptomMutant():
            return sorted(concerned, key=lambda case: case.symptoms is None and case.status is None)


@dataclass(slots=True)
class _Sight:
    """What one case has to say of the table as it is; nothing is found out twice."""

    look: Look
    observed: frozenset[str]
    known: dict[str, Truth] = field(default_factory=dict)
    beliefs: dict[str, float] | None = None

    def shows(self, mutant: AnyMutant) -> bool:
        """Whether a case can tell the changed table from the one as it is."""
        match mutant:
            case Mutant():
                return self._shows_row(mutant)
            case SymptomMutant():
                return self._shows_symptom(mutant)
            case EdgeMutant(cause=cause, driver=driver):
                return min(self._probability(cause), self._probability(driver)) >= TOGETHER

    def _shows_row(self, mutant: Mutant) -> bool:
        """Tell for a row: what is unknown says nothing, and one against says nothing unless it is true."""
        row = mutant.row
        before = self._truth(row.evidence.when)
        after = self._truth(mutant.evidence.when) if mutant.evidence else Truth(None)
        if mutant.change is Change.FLIPPED and before == after:
            return False
        speaking = {True, False} if row.is_for else {True}
        return before.holds in speaking or after.holds in speaking

    def _shows_symptom(self, mutant: SymptomMutant) -> bool:
        """Tell for a symptom: how bad it is matters only while it holds."""
        before = self._truth(mutant.before)
        after = self._truth(mutant.after) if mutant.after else Truth(None)
        if mutant.level is None:
            return before.holds != after.holds and mutant.symptom not in self.observed
        symptom = self.look.rulebook.symptom(mutant.symptom)
        return self._may_hold(symptom) and (bool(before.holds) or bool(after.holds))

    def _may_hold(self, symptom: Symptom) -> bool:
        if symptom.id in self.observed:
            return True
        return symptom.when is not None and bool(self._truth(symptom.when).holds)

    def _probability(self, cause: str) -> float:
        if self.beliefs is None:
            belief = glance(self.look.snapshot, self.look.rulebook).inference.belief
            names = (one.id for one in self.look.rulebook.causes)
            self.beliefs = {name: belief.probability(name) for name in names}
        return self.beliefs[cause]

    def _truth(self, condition: Condition) -> Truth:
        return decide(condition, self._atom)

    def _atom(self, comparison: Comparison) -> Truth:
        truth = self.known.get(comparison.key)
        if truth is None:
            truth = self.known[comparison.key] = compare(comparison, self.look)
        return truth


@lru_cache(maxsize=1)
def _sights(desk: Desk) -> tuple[_Sight, ...]:
    return tuple(
        _Sight(Look(case.snapshot, desk.book), frozenset(case.snapshot.observed)) for case in desk.cases
    )
