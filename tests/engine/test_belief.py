"""The probability model against its definition, written out hypothesis by hypothesis."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings

from fastdiag.engine import belief as model
from fastdiag.engine.evaluate import Truth
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Cause, Comparison, Evidence, Operand, Operator, Weight
from tests.engine.written_out import Facts, assert_is_defined, finding, row, tables, truths


@settings(max_examples=300, deadline=None)
@given(tables(), truths)
def test_the_fast_sum_equals_the_definition(causes: list[Cause], facts: Facts) -> None:
    assert_is_defined(causes, facts, {c.id: 0.01 * (number + 1) for number, c in enumerate(causes)})


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
