"""Small random tables, and the probability model written out hypothesis by hypothesis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import strategies as st

from fastdiag.engine import belief as model
from fastdiag.engine.belief import Belief
from fastdiag.engine.evaluate import Truth
from fastdiag.engine.hypotheses import believe
from fastdiag.engine.triples import dependent
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Cause, Comparison, Evidence, Kind, Operand, Operator, Weight

Facts = Mapping[str, bool | None]
"""What is seen of each signal."""
SIGNALS = ("a", "b", "c", "d", "e")


def finding(signal: str) -> Comparison:
    return Comparison(Operand(signal), Operator.GT, Quantity(1, None, "1"))


def row(signal: str, weight: Weight) -> Evidence:
    return Evidence(when=finding(signal), weight=weight, because=signal)


def cause(
    name: str,
    supports: list[Evidence],
    contradicts: list[Evidence] | None = None,
    driven_by: tuple[str, ...] = (),
    distorts: tuple[str, ...] = (),
) -> Cause:
    return Cause(
        id=name, title=name, kind=Kind.FAILURE, explains=(), assumption="", why="", supports=tuple(supports),
        contradicts=tuple(contradicts or ()), driven_by=driven_by, distorts=distorts,
    )  # fmt: skip


weights = st.sampled_from(list(Weight))
rows = st.dictionaries(st.sampled_from(SIGNALS), weights, max_size=4)


@st.composite
def tables(draw: st.DrawFn) -> list[Cause]:
    made: list[Cause] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [c.id for c in made]
        made.append(
            cause(
                f"c{number}",
                [row(signal, weight) for signal, weight in draw(rows).items()],
                [row(signal, weight) for signal, weight in draw(rows).items()],
                tuple(draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else ()),
                tuple(draw(st.lists(st.sampled_from(SIGNALS), max_size=1))),
            )
        )
    return made


truths = st.fixed_dictionaries({signal: st.sampled_from([True, False, None]) for signal in SIGNALS})


def by_definition(
    causes: list[Cause], facts: Facts, prior: Mapping[str, float]
) -> dict[frozenset[str], float]:
    """Return the posterior odds of every hypothesis as the design defines them, each written out."""
    leak = model.leaks(causes)
    odds = {}
    for size in range(4):
        for involved in itertools.combinations(causes, size):
            members = frozenset(c.id for c in involved)
            if size < 3 or any(members & set(c.driven_by) for c in involved):
                odds[members] = math.prod(chance(c, members, prior) for c in involved) * math.prod(
                    likelihood(key, facts[key.partition(" ")[0]], small, involved)
                    for key, small in leak.items()
                )
                odds[members] *= math.prod(
                    0 if contra.weight is Weight.DECISIVE else 1 / model.RATIO[contra.weight]
                    for c in involved
                    for contra in c.contradicts
                    if facts[contra.when.key.partition(" ")[0]]
                )
    return odds


def chance(c: Cause, members: frozenset[str], prior: Mapping[str, float]) -> float:
    """Return the prior odds of a cause among others: by itself, or by any of the drivers that are there."""
    drivers = members & set(c.driven_by)
    if not drivers:
        return prior[c.id]
    link = 0.2 * min(1.0, 0.45 * prior[c.id] / (0.2 * sum(prior[name] for name in c.driven_by)))
    return 1 - (1 - link) ** len(drivers)


def likelihood(key: str, holds: bool | None, leak: float, involved: Iterable[Cause]) -> float:
    """Return P(f | H) / P(f | nothing)."""
    if holds is None:
        return 1.0
    survive = 1.0
    for c in involved:
        for quoted in c.supports:
            if quoted.when.key == key:
                survive *= 1 - min(0.9, (model.RATIO[quoted.weight] - 1) * leak / (1 - leak))
        if holds and key.partition(" ")[0] in c.distorts:
            survive *= 0.3
    return (1 - (1 - leak) * survive) / leak if holds else survive


def fast(causes: list[Cause], facts: Facts, prior: Mapping[str, float]) -> Belief:
    """Return the belief as the engine sums it up."""
    found = {finding(s).key: Truth(holds, basis=frozenset({s})) for s, holds in facts.items()}
    leak = model.leaks(causes)
    stances = {}
    explained = {}
    for c in causes:
        distorted = [key for key in leak if key.partition(" ")[0] in c.distorts]
        explained[c.id] = frozenset(quoted.when.key for quoted in c.supports) | frozenset(distorted)
        stances[c.id] = model.stance(c, found, leak, [key for key in distorted if found[key].holds])
    factors = {name: stance.factor for name, stance in stances.items()}
    depending = dependent({c.id: c for c in causes}, prior, explained, factors)
    return believe(prior, depending, stances, leak)


def assert_is_defined(causes: list[Cause], facts: Facts, prior: Mapping[str, float]) -> None:
    """Compare what the engine sums up with the sums over every hypothesis."""
    belief = fast(causes, facts, prior)
    odds = by_definition(causes, facts, prior)
    assert belief.total == pytest.approx(sum(odds.values()))
    for c in causes:
        holding = {members: weight / belief.total for members, weight in odds.items() if c.id in members}
        root = sum(weight for members, weight in holding.items() if not members & set(c.driven_by))
        assert belief.probability(c.id) == pytest.approx(sum(holding.values()), abs=1e-7)
        assert belief.root_probability(c.id) == pytest.approx(root, abs=1e-7)
        for driver in c.driven_by:
            both = sum(weight for members, weight in holding.items() if driver in members)
            together = belief.together[frozenset({driver, c.id})] / belief.total
            assert together == pytest.approx(both, abs=1e-7)
