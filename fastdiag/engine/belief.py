"""The probability model: what evidence says of one cause, and what is believed of all (design section 6).

Every finding (a canonical condition) is true by itself with probability ``leak``; a cause that quotes it
makes it true with probability ``q`` (noisy-or), chosen so that P(true | cause) / P(true | nothing) is exactly
the likelihood ratio of the row's weight. A cause that distorts a signal makes any finding about it true.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.engine.evaluate import Truth
from fastdiag.model.rule import Cause, Evidence, Weight

RATIO: Final[Mapping[Weight, float]] = {
    Weight.WEAK: 2.0,
    Weight.MODERATE: 5.0,
    Weight.STRONG: 15.0,
    Weight.DECISIVE: 60.0,
}
"""Likelihood ratio of each word."""
LEAK: Final[Mapping[Weight, float]] = {
    Weight.WEAK: 0.3,
    Weight.MODERATE: 0.14,
    Weight.STRONG: 0.05,
    Weight.DECISIVE: 0.015,
}
"""How often a finding of that weight is true without any cause of the table."""
Q_LIMIT: Final = 0.9
DISTORTION: Final = 0.7

Truths = Mapping[str, Truth]
"""The truth of every finding by its text."""


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """What the evidence says of one cause. Compared by identity: each is made once and then looked up.

    factor    P(evidence | cause) / P(evidence | nothing), rule-outs included
    survival  for each true finding it explains: the probability that it would *not* have made it true
    """

    factor: float
    survival: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Belief:
    """Posterior odds of every hypothesis against "nothing of this", summed up per cause.

    together  of each pair of which one drives the other: the hypotheses that hold both
    aside     probabilities of the causes that were judged each by itself
    nothing   what "nothing of this" weighs: less than the 1 that odds are against where a symptom shows that
              something is wrong
    """

    total: float
    marginal: Mapping[str, float]
    root: Mapping[str, float]
    together: Mapping[frozenset[str], float]
    aside: Mapping[str, float] = field(default_factory=dict)
    nothing: float = 1.0

    def probability(self, cause: str) -> float:
        """Return the probability of a cause, as root or consequence."""
        return self.aside[cause] if cause in self.aside else self.marginal[cause] / self.total

    def root_probability(self, cause: str) -> float:
        """Return the probability that a cause is at work and no other one drives it."""
        return self.aside[cause] if cause in self.aside else self.root[cause] / self.total

    def shares(self) -> dict[str | None, float]:
        """Return the root probabilities and that of "nothing", normalised to one."""
        shares: dict[str | None, float] = {None: self.nothing}
        shares.update(self.root)
        whole = sum(shares.values())
        return {name: share / whole for name, share in shares.items()}


def exponent(row: Evidence, truth: Truth) -> float:
    """Return ln of the likelihood ratio that a row has here, after distrust and the edge."""
    demoted = row.weight is Weight.DECISIVE and not truth.trusted
    return math.log(RATIO[Weight.STRONG if demoted else row.weight]) * truth.edge


def leaks(causes: Iterable[Cause]) -> dict[str, float]:
    """Return for each finding the smallest leak of the rows that quote it."""
    smallest: dict[str, float] = {}
    for cause in causes:
        for row in cause.supports:
            key = row.when.key
            smallest[key] = min(smallest.get(key, 1.0), LEAK[row.weight])
    return smallest


def counted(rows: Sequence[Evidence], truths: Truths) -> list[tuple[Evidence, Truth, float]]:
    """Return the rows that count: of those about one signal only the strongest, the true ones first."""
    known = [(row, truths[row.when.key]) for row in rows]
    weighed = [(row, truth, exponent(row, truth)) for row, truth in known if truth.holds is not None]
    weighed.sort(key=lambda item: (not item[1].holds, -item[2], item[0].when.key))
    taken: set[str] = set()
    counting = []
    for row, truth, strength in weighed:
        if strength > 0 and not truth.basis & taken:
            taken |= truth.basis
            counting.append((row, truth, strength))
    return counting


def made_true(leak: float, strength: float) -> float:
    """Return q: how likely the cause makes the finding true, for a ratio of e^strength over its leak."""
    return min(Q_LIMIT, (math.exp(strength) - 1) * leak / (1 - leak))


def ratio(leak: float, survival: float) -> float:
    """Return P(true | cause) / P(true | nothing)."""
    return (1 - (1 - leak) * survival) / leak


def stance(cause: Cause, truths: Truths, leak: Mapping[str, float], distorted: Iterable[str]) -> Stance:
    """Return what the findings say of a cause. ``distorted``: true findings about signals it falsifies."""
    factor = 1.0
    survival: dict[str, float] = {}
    for row, truth, strength in counted(cause.supports, truths):
        key = row.when.key
        spared = 1 - made_true(leak[key], strength)
        if truth.holds:
            survival[key] = spared
        else:
            factor *= spared
    for key in distorted:
        survival[key] = survival.get(key, 1.0) * (1 - DISTORTION)
    for key, spared in survival.items():
        factor *= ratio(leak[key], spared)
    return Stance(factor * _against(cause, truths), survival)


def _against(cause: Cause, truths: Truths) -> float:
    factor = 1.0
    for row, truth, strength in counted(cause.contradicts, truths):
        if truth.holds:
            factor *= 0.0 if rules_out(row, truth) else math.exp(-strength)
    return factor


def rules_out(row: Evidence, truth: Truth) -> bool:
    """Whether a row against a cause excludes it: decisive, trusted, and clear of the threshold's edge."""
    return bool(truth.holds) and row.weight is Weight.DECISIVE and truth.trusted and truth.edge >= 1
