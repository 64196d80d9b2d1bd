"""Pairs of causes that are not independent, and what they put right of sums over independent ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from fastdiag.engine.belief import Stance, ratio
from fastdiag.model.rule import Cause

CONSEQUENCE: Final = 0.2
"""P(consequence | root), wherever a cause drives another.

Two thirds of what it was (0.3) while only pairs were weighed: then a root could still be joined by any third
cause, and a root with its consequence could not, which took a third off the latter. The same share is now
in the number; on the recorded incidents no cause that is true loses its verdict by that.
"""
DRIVEN: Final = 0.45
"""Before any evidence, all the causes that may drive one weigh together at most this share of its own weight.

Without the limit, every driver that a table adds would make its consequence less likely to be a root,
although nothing at all speaks for that driver. Two thirds of what it was with pairs alone, likewise.
"""

PAIRED: Final = 40
"""Dependent pairs are formed of so many of the likeliest causes; up to that many causes it is exact."""


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

    @property
    def driver(self) -> str | None:
        """The one that drives the other, if any."""
        if self.one_drives:
            return self.one
        return self.other if self.other_drives else None

    @property
    def is_driven(self) -> bool:
        """Whether one of them drives the other: then they depend on each other whatever is seen."""
        return self.one_drives or self.other_drives


def dependent_pairs(
    causes: Mapping[str, Cause], prior: Mapping[str, float], explained: Mapping[str, frozenset[str]]
) -> tuple[Pair, ...]:
    """Return the pairs that need a weight of their own; ``explained``: the findings a cause explains."""
    link = links(causes, prior)
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


def links(causes: Mapping[str, Cause], prior: Mapping[str, float]) -> dict[str, float]:
    """Return P(cause | one of its drivers), lowered where it has so many that DRIVEN would be exceeded."""
    found = {}
    for name, cause in causes.items():
        driven = CONSEQUENCE * sum(prior[driver] for driver in cause.driven_by if driver in causes)
        found[name] = CONSEQUENCE * min(1.0, DRIVEN * prior[name] / driven) if driven else CONSEQUENCE
    return found


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
    weight = pair.odds * one.factor * other.factor * shared_factor(pair.shared, (one, other), leak)
    return Correction(
        together=weight,
        total=weight - independent,
        one=(0.0 if pair.other_drives else weight) - independent,
        other=(0.0 if pair.one_drives else weight) - independent,
    )


def shared_factor(shared: Iterable[str], stances: Iterable[Stance], leak: Mapping[str, float]) -> float:
    """Return what puts the product of stances right: what several explain must not count twice."""
    factor = 1.0
    for key in shared:
        spared, counted, explaining = 1.0, 1.0, 0
        for stance in stances:
            own = stance.survival.get(key)
            if own is not None:
                spared *= own
                counted *= ratio(leak[key], own)
                explaining += 1
        if explaining > 1:
            factor *= ratio(leak[key], spared) / counted
    return factor
