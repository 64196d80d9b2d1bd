"""The single corrections that dependent causes need, as linear terms (see corrections).

With W the sum of the weights of all causes, V that of the weights of the extended pairs and D(c) of those
that c drives, all causes and pairs taken as independent weigh

    total    1 + W + (W^2 - sum of squares) / 2 + V W
    root(c)  w(c) (1 + W + V - w(c)) + D(c) W

and a term adds what is wrong with that: what a dependent pair weighs otherwise; that no cause is a third
beside itself; what a dependent third weighs otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from fastdiag.engine.belief import Stance
from fastdiag.engine.pairs import Correction, Pair, correct
from fastdiag.engine.triples import Dependent, Triple


class Drive(NamedTuple):
    """Under this name stands the weight of the extended pairs in which a cause drives the other."""

    cause: str


WHOLE: Final = None
"""Under this name stands what is added to the total."""
Name = str | Drive | None
"""What an amount is added to; under the name of a cause, its root."""
Amounts = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """What some causes correct: an amount for each of the names.

    is_bound  whether the causes depend on each other whatever is seen
    ties      findings that make them dependent once they are true
    amounts   what it comes to when the causes have these stances
    """

    causes: tuple[str, ...]
    names: tuple[Name, ...]
    is_bound: bool
    ties: tuple[str, ...]
    amounts: Callable[[tuple[Stance, ...]], Amounts]


class Terms:
    """Makes the terms of all that depends."""

    def __init__(self, dependent: Dependent, prior: Mapping[str, float], leak: Mapping[str, float]) -> None:
        self._dependent = dependent
        self._prior = prior
        self._leak = leak
        self._corrected: dict[tuple[Stance, Stance], Correction] = {}

    def all(self) -> tuple[Term, ...]:
        """Return the terms of the pairs, and those of the triples."""
        pairs = [self._of_pair(pair) for pair in self._dependent.pairs]
        triples = [self._of_triple(triple) for triple in self._dependent.triples]
        return (*pairs, *triples)

    def _of_pair(self, pair: Pair) -> Term:
        names: tuple[Name, ...] = (WHOLE, *pair.causes)
        amounts = self._pair
        if pair in self._dependent.extended and pair.driver is not None:
            names = (*names, Drive(pair.driver))
            amounts = self._extended_pair
        return Term(pair.causes, names, pair.is_driven, pair.shared, partial(amounts, pair))

    def _of_triple(self, triple: Triple) -> Term:
        names = (WHOLE, *triple.causes)
        return Term(triple.causes, names, triple.is_bound, triple.ties, partial(self._triple, triple))

    def _pair(self, pair: Pair, stances: tuple[Stance, ...]) -> Amounts:
        right = self._correct(pair, *stances)
        return right.total, right.one, right.other

    def _extended_pair(self, pair: Pair, stances: tuple[Stance, ...]) -> Amounts:
        """Correct a pair, and take out that each of the two was counted as a third beside the pair."""
        right = self._correct(pair, *stances)
        one, other = self._weight(pair.one, stances[0]), self._weight(pair.other, stances[1])
        weight = right.together
        thirds = weight * (one + other)
        return (
            right.total - thirds,
            right.one - weight * one - (thirds if pair.one_drives else 0.0),
            right.other - weight * other - (thirds if pair.other_drives else 0.0),
            weight,
        )

    def _triple(self, triple: Triple, stances: tuple[Stance, ...]) -> Amounts:
        """Replace what the pairs in a triple weigh with an independent third by what the three weigh."""
        one, other, last = stances
        weight = total = triple.weight((one, other, last), self._leak)
        roots = [weight if is_root else 0.0 for is_root in triple.is_root]
        for pair, (first, second, third) in triple.driven:
            together = self._correct(pair, stances[first], stances[second]).together
            counted = together * self._weight(triple.causes[third], stances[third])
            total -= counted
            roots[third] -= counted
            roots[first if pair.one_drives else second] -= counted
        return (total, *roots)

    def _weight(self, name: str, stance: Stance) -> float:
        return self._prior[name] * stance.factor

    def _correct(self, pair: Pair, one: Stance, other: Stance) -> Correction:
        found = self._corrected.get((one, other))
        if found is None:
            found = self._corrected[one, other] = correct(pair, one, other, self._prior, self._leak)
        return found
