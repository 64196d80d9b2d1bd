"""The sum over all hypotheses: nothing, every cause alone, every pair, and driven pairs with a third."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fastdiag.engine.belief import Belief, Stance
from fastdiag.engine.pairs import Correction, Pair, correct
from fastdiag.engine.triples import Dependent, Triple


def believe(  # noqa: PLR0913 - the tables of the model, and what none of it weighs
    prior: Mapping[str, float],
    dependent: Dependent,
    stances: Mapping[str, Stance],
    leak: Mapping[str, float],
    aside: Collection[str] = (),
    nothing: float = 1.0,
) -> Belief:
    """Weigh nothing, every single cause, every pair, and every driven pair with a third cause.

    ``aside``: causes that take no finding away from the others, and are therefore judged each by itself. That
    nobody can see where time goes does not make it less likely that a pool is empty: among the pairs, the
    lacks of visibility (often several at once) would have taken the place of the second failure.
    ``nothing``: what "nothing of this" weighs.

    Two independent causes weigh the product of their weights, and the sum of all those products is
    ((sum)^2 - sum of squares) / 2: only the dependent pairs are gone through, and put right. A driven pair
    and an independent third weigh the product of theirs, too: only the dependent thirds are gone through.
    """
    weights = {name: prior[name] * stance.factor for name, stance in stances.items()}
    sums = _Sums({name: weight for name, weight in weights.items() if name not in aside}, nothing)
    for pair in dependent.pairs:
        sums.add_pair(pair, correct(pair, stances[pair.one], stances[pair.other], prior, leak))
        if pair in dependent.extended:
            sums.add_thirds(pair)
    for triple in dependent.triples:
        one, other, third = triple.causes
        sums.add_triple(triple, triple.weight((stances[one], stances[other], stances[third]), leak))
    return Belief(
        sums.total,
        sums.marginal,
        {name: max(0.0, weight) for name, weight in sums.root.items()},
        sums.both,
        {name: weights[name] / (1 + weights[name]) for name in aside},
        nothing,
    )


@dataclass(slots=True)
class _Sums:
    """Sums over hypotheses, at first as if all the causes were independent.

    pair  the weight of each driven pair, and nothing besides
    both  the weight of all hypotheses that hold it
    """

    weights: Mapping[str, float]
    nothing: float
    whole: float = field(init=False)
    total: float = field(init=False)
    marginal: dict[str, float] = field(init=False)
    root: dict[str, float] = field(init=False)
    pair: dict[frozenset[str], float] = field(init=False, default_factory=dict)
    both: dict[frozenset[str], float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.whole = sum(self.weights.values())
        squares = sum(weight * weight for weight in self.weights.values())
        self.total = self.nothing + self.whole + (self.whole * self.whole - squares) / 2
        self.marginal = {name: weight * (1 + self.whole - weight) for name, weight in self.weights.items()}
        self.root = dict(self.marginal)

    def add_pair(self, pair: Pair, right: Correction) -> None:
        """Put a dependent pair right."""
        self._add(pair.causes, right.total)
        self.root[pair.one] += right.one
        self.root[pair.other] += right.other
        if pair.is_driven:
            self.pair[frozenset(pair.causes)] = self.both[frozenset(pair.causes)] = right.together

    def add_thirds(self, pair: Pair) -> None:
        """Add a driven pair with every third cause, as if that were independent of both."""
        weight = self.pair[frozenset(pair.causes)]
        others = [(name, own) for name, own in self.weights.items() if name not in pair.causes]
        for name, own in others:
            self.marginal[name] += weight * own
            self.root[name] += weight * own
        thirds = weight * sum([own for _, own in others])
        self._add(pair.causes, thirds)
        self.both[frozenset(pair.causes)] += thirds
        if pair.driver is not None:
            self.root[pair.driver] += thirds

    def add_triple(self, triple: Triple, weight: float) -> None:
        """Replace what the pairs in it counted as if the third were independent."""
        self._add(triple.causes, weight)
        for name, is_root in zip(triple.causes, triple.is_root, strict=True):
            self.root[name] += weight if is_root else 0.0
        for pair, (_, _, last) in triple.driven:
            third = triple.causes[last]
            counted = self.pair[frozenset(pair.causes)] * self.weights[third]
            self._add(triple.causes, -counted)
            self.both[frozenset(pair.causes)] += weight - counted
            self.root[third] -= counted
            if pair.driver is not None:
                self.root[pair.driver] -= counted

    def _add(self, causes: Collection[str], weight: float) -> None:
        self.total += weight
        for name in causes:
            self.marginal[name] += weight
