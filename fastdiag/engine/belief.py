"""The probability model: what evidence says of causes, alone and in pairs (design section 6).

Every finding (a canonical condition) is true by itself with probability ``leak``; a cause that quotes it
makes it true with probability ``q`` (noisy-or), chosen so that P(true | cause) / P(true | nothing) is exactly
the likelihood ratio of the row's weight. A cause that distorts a signal makes any finding about it true.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
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
CONSEQUENCE: Final = 0.3
"""P(consequence | root), for pairs of which one drives the other."""
DRIVEN: Final = 0.65
"""Before any evidence, all the causes that may drive one weigh together at most this share of its own weight.

Without the limit, every driver that a table adds would make its consequence less likely to be a root,
although nothing at all speaks for that driver.
"""

PAIRED: Final = 40
"""Dependent pairs are formed of so many of the likeliest causes; up to that many causes it is exact."""

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

    aside  probabilities of the causes that were judged each by itself
    """

    total: float
    marginal: Mapping[str, float]
    root: Mapping[str, float]
    together: Mapping[frozenset[str], float]
    aside: Mapping[str, float] = field(default_factory=dict)

    def probability(self, cause: str) -> float:
        """Return the probability of a cause, as root or consequence."""
        return self.aside[cause] if cause in self.aside else self.marginal[cause] / self.total

    def root_probability(self, cause: str) -> float:
        """Return the probability that a cause is at work and no other one drives it."""
        return self.aside[cause] if cause in self.aside else self.root[cause] / self.total

    def shares(self) -> dict[str | None, float]:
        """Return the root probabilities and that of "nothing", normalised to one."""
        shares: dict[str | None, float] = {None: 1.0}
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


@dataclass(frozen=True, slots=True)
class Pair:
    """Two causes that are not independent: one drives the other, or both explain the same findings.

    odds    prior odds of both at once
    shared  findings that both quote or distort
    """

    one: str
    other: str
    odds: float
    one_drives: bool
    other_drives: bool
    shared: tuple[str, ...]

    @property
    def causes(self) -> tuple[str, str]:
        """Both."""
        return self.one, self.other


def dependent_pairs(
    causes: Mapping[str, Cause], prior: Mapping[str, float], explained: Mapping[str, frozenset[str]]
) -> tuple[Pair, ...]:
    """Return the pairs that need a weight of their own; ``explained``: the findings a cause explains."""
    link = {name: _link(cause, causes, prior) for name, cause in causes.items()}
    pairs = []
    for one, other in combinations(sorted(causes), 2):
        drives, driven = one in causes[other].driven_by, other in causes[one].driven_by
        shared = tuple(sorted(explained[one] & explained[other]))
        if drives or driven:
            odds = prior[one] * link[other] if drives else prior[other] * link[one]
        else:
            odds = prior[one] * prior[other]
        if drives or driven or shared:
            pairs.append(Pair(one, other, odds, drives, driven, shared))
    return tuple(pairs)


def _link(cause: Cause, causes: Collection[str], prior: Mapping[str, float]) -> float:
    """Return P(cause | one of its drivers), lowered where it has so many that DRIVEN would be exceeded."""
    driven = CONSEQUENCE * sum(prior[name] for name in cause.driven_by if name in causes)
    return CONSEQUENCE * min(1.0, DRIVEN * prior[cause.id] / driven) if driven else CONSEQUENCE


def believe(
    prior: Mapping[str, float],
    pairs: Iterable[Pair],
    stances: Mapping[str, Stance],
    leak: Mapping[str, float],
    aside: Collection[str] = (),
) -> Belief:
    """Weigh nothing, every single cause and every pair.

    ``aside``: causes that take no finding away from the others, and are therefore judged each by itself. That
    nobody can see where time goes does not make it less likely that a pool is empty: among the pairs, the
    lacks of visibility (often several at once) would have taken the place of the second failure.

    Two independent causes weigh the product of their weights, and the sum of all those products is
    ((sum)^2 - sum of squares) / 2: only the dependent pairs are gone through, and put right.
    """
    weights = {name: prior[name] * stance.factor for name, stance in stances.items()}
    single = {name: weight for name, weight in weights.items() if name not in aside}
    whole = sum(single.values())
    squares = sum(weight * weight for weight in single.values())
    total = 1.0 + whole + (whole * whole - squares) / 2
    marginal = {name: weight * (1 + whole - weight) for name, weight in single.items()}
    root = dict(marginal)
    together: dict[frozenset[str], float] = {}
    for pair in pairs:
        right = correct(pair, stances[pair.one], stances[pair.other], prior, leak)
        together[frozenset(pair.causes)] = right.together
        total += right.total
        marginal[pair.one] += right.total
        marginal[pair.other] += right.total
        root[pair.one] += right.one
        root[pair.other] += right.other
    return Belief(
        total,
        marginal,
        {name: max(0.0, weight) for name, weight in root.items()},
        together,
        {name: weights[name] / (1 + weights[name]) for name in aside},
    )


@dataclass(frozen=True, slots=True)
class Correction:
    """What a dependent pair weighs together, and how much more that is than if it were independent.

    total       in the sum over all hypotheses, and in the marginal of both causes
    one, other  in their roots: nothing where the cause is driven by the other
    """

    together: float
    total: float
    one: float
    other: float


def correct(
    pair: Pair, one: Stance, other: Stance, prior: Mapping[str, float], leak: Mapping[str, float]
) -> Correction:
    """Return what a pair with these stances puts right."""
    if not one.factor or not other.factor:
        return Correction(0.0, 0.0, 0.0, 0.0)
    independent = (prior[pair.one] * one.factor) * (prior[pair.other] * other.factor)
    weight = pair.odds * one.factor * other.factor * _shared_factor(pair, one, other, leak)
    return Correction(
        together=weight,
        total=weight - independent,
        one=(0.0 if pair.other_drives else weight) - independent,
        other=(0.0 if pair.one_drives else weight) - independent,
    )


def _shared_factor(pair: Pair, one: Stance, other: Stance, leak: Mapping[str, float]) -> float:
    """Return what puts the product of two stances right: what both explain must not count twice."""
    factor = 1.0
    for key in pair.shared:
        mine, theirs = one.survival.get(key), other.survival.get(key)
        if mine is not None and theirs is not None:
            factor *= ratio(leak[key], mine * theirs) / (ratio(leak[key], mine) * ratio(leak[key], theirs))
    return factor
