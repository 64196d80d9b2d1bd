"""Whether the cases notice a change of a row: those that it can concern are tried, the likeliest first."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from fastdiag.engine.evaluate import Truth, compare, decide
from fastdiag.engine.look import Look
from fastdiag.model.rule import Comparison, Condition
from fastdiag.model.trial import Case, Change, Fate, Mutant, MutantTried
from fastdiag.trial.attempt import judge
from fastdiag.trial.mutants import mutated
from fastdiag.trial.team import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A changed row to try until a moment in seconds since the epoch."""

    mutant: Mutant
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


def witnesses(desk: Desk, mutants: Iterable[Mutant], about: Collection[str]) -> tuple[Case, ...]:
    """Return the cases that say something of the causes ``about``, or in which one of the changes shows."""
    changes = tuple(mutants)
    return tuple(
        case
        for case, sight in zip(desk.cases, _sights(desk), strict=True)
        if case.concerns & frozenset(about) or any(map(sight.shows, changes))
    )


def _likeliest_first(desk: Desk, mutant: Mutant) -> list[Case]:
    """Return the cases in which the change says anything, those first that say something of its cause."""
    sights = _sights(desk)
    concerned = [case for case, sight in zip(desk.cases, sights, strict=True) if sight.shows(mutant)]
    return sorted(concerned, key=lambda case: mutant.row.cause not in case.concerns)


@dataclass(slots=True)
class _Sight:
    """The truths of conditions in one case; each comparison is made once."""

    look: Look
    known: dict[str, Truth] = field(default_factory=dict)

    def shows(self, mutant: Mutant) -> bool:
        """Whether a case can tell the changed row from the one in the table.

        What is unknown says nothing either way, and a row against a cause says nothing unless it is true.
        """
        row = mutant.row
        before = self._truth(row.evidence.when)
        after = self._truth(mutant.evidence.when) if mutant.evidence else Truth(None)
        if mutant.change is Change.FLIPPED and before == after:
            return False
        speaking = {True, False} if row.is_for else {True}
        return before.holds in speaking or after.holds in speaking

    def _truth(self, condition: Condition) -> Truth:
        return decide(condition, self._atom)

    def _atom(self, comparison: Comparison) -> Truth:
        truth = self.known.get(comparison.key)
        if truth is None:
            truth = self.known[comparison.key] = compare(comparison, self.look)
        return truth


@lru_cache(maxsize=1)
def _sights(desk: Desk) -> tuple[_Sight, ...]:
    return tuple(_Sight(Look(case.snapshot, desk.book)) for case in desk.cases)
