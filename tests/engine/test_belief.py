"""The probability model against its definition, written out hypothesis by hypothesis."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdiag.engine import belief as model
from fastdiag.engine.evaluate import Truth
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Cause, Comparison, Evidence, Kind, Operand, Operator, Weight

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
    for number in range(draw(st.integers(1, 4))):
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
    causes: list[Cause], facts: dict[str, bool | None], prior: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return marginal and root probabilities by summing over every hypothesis as the design defines them."""
    leak = model.leaks(causes)
    odds = {frozenset[str](): 1.0}
    odds |= {frozenset({c.id}): prior[c.id] for c in causes}
    for a, b in itertools.combinations(causes, 2):
        driven = a.id in b.driven_by or b.id in a.driven_by
        root = a if a.id in b.driven_by else b
        odds[frozenset({a.id, b.id})] = prior[root.id] * 0.3 if driven else prior[a.id] * prior[b.id]
    for members in odds:
        involved = [c for c in causes if c.id in members]
        for key, small in leak.items():
            odds[members] *= likelihood(key, facts[key.partition(" ")[0]], small, involved)
        for c in involved:
            for contra in c.contradicts:
                if facts[contra.when.key.partition(" ")[0]]:
                    odds[members] *= 0 if contra.weight is Weight.DECISIVE else 1 / model.RATIO[contra.weight]
    total = sum(odds.values())
    marginal = {c.id: sum(w for m, w in odds.items() if c.id in m) / total for c in causes}
    root_p = {
        c.id: sum(w for m, w in odds.items() if c.id in m and not m & set(c.driven_by)) / total
        for c in causes
    }
    return marginal, root_p


def likelihood(key: str, holds: bool | None, leak: float, involved: list[Cause]) -> float:
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


@settings(max_examples=200, deadline=None)
@given(tables(), truths)
def test_the_fast_sum_equals_the_definition(causes: list[Cause], facts: dict[str, bool | None]) -> None:
    prior = {c.id: 0.01 * (number + 1) for number, c in enumerate(causes)}
    found = {finding(s).key: Truth(holds, basis=frozenset({s})) for s, holds in facts.items()}
    leak = model.leaks(causes)
    stances = {}
    explained = {}
    for c in causes:
        distorted = [key for key in leak if key.partition(" ")[0] in c.distorts]
        explained[c.id] = frozenset(quoted.when.key for quoted in c.supports) | frozenset(distorted)
        stances[c.id] = model.stance(c, found, leak, [key for key in distorted if found[key].holds])
    pairs = model.dependent_pairs({c.id: c for c in causes}, prior, explained)
    belief = model.believe(prior, pairs, stances, leak)
    marginal, root = by_definition(causes, facts, prior)
    for c in causes:
        assert belief.probability(c.id) == pytest.approx(marginal[c.id], abs=1e-7)
        assert belief.root_probability(c.id) == pytest.approx(root[c.id], abs=1e-7)


@pytest.mark.parametrize("weight", list(Weight))
def test_a_true_row_counts_exactly_the_ratio_of_its_word(weight: Weight) -> None:
    leak = model.LEAK[weight]
    spared = 1 - model.made_true(leak, math.log(model.RATIO[weight]))
    assert model.ratio(leak, spared) == pytest.approx(model.RATIO[weight])


def test_a_row_at_the_edge_of_its_threshold_says_nothing() -> None:
    at_edge = Truth(holds=True, edge=0.0, basis=frozenset({"a"}))
    assert model.counted([row("a", Weight.DECISIVE)], {finding("a").key: at_edge}) == []


def test_of_two_rows_about_one_signal_only_the_stronger_true_one_counts() -> None:
    weak, strong = (
        row("a", Weight.WEAK),
        Evidence(
            when=Comparison(Operand("a"), Operator.GT, Quantity(4, None, "4")),
            weight=Weight.STRONG,
            because="",
        ),
    )
    both = {
        weak.when.key: Truth(holds=True, basis=frozenset({"a"})),
        strong.when.key: Truth(holds=True, basis=frozenset({"a"})),
    }
    one = {**both, strong.when.key: Truth(holds=False, basis=frozenset({"a"}))}
    assert [counting[0] for counting in model.counted([weak, strong], both)] == [strong]
    assert [counting[0] for counting in model.counted([weak, strong], one)] == [weak]


def test_distrust_demotes_decisive_to_strong_and_rules_nothing_out() -> None:
    decisive = row("a", Weight.DECISIVE)
    doubted = Truth(holds=True, trusted=False, basis=frozenset({"a"}))
    assert model.exponent(decisive, doubted) == pytest.approx(math.log(model.RATIO[Weight.STRONG]))
    assert not model.rules_out(decisive, doubted)
    assert model.rules_out(decisive, Truth(holds=True, basis=frozenset({"a"})))
