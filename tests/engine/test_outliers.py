"""Who stands out of many, and who does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.engine.outliers import FAR, LEAST, MIN_PEERS, Apart, apart
from fastdiag.model.quantity import Unit


def named(values: list[float], unit: Unit = Unit.RATIO) -> tuple[Apart[int], ...]:
    return apart(dict(enumerate(values)), unit)


def test_three_of_a_hundred_and_twenty_are_named_the_furthest_first() -> None:
    values = [0.1 + 0.002 * (number % 50) for number in range(120)]
    values[7], values[40], values[99] = 0.97, 1.0, 0.99
    (found,) = named(values)
    assert found.keys == (40, 99, 7)
    assert found.score > FAR


def test_of_fewer_than_four_nobody_is_the_odd_one() -> None:
    assert named([0.1, 0.1, 0.9]) == ()
    (found,) = named([0.1, 0.1, 0.1, 0.9])
    assert found.keys == (3,)


def test_many_that_differ_are_a_group_of_their_own() -> None:
    assert named([0.1] * 14 + [0.9] * 6) == ()


def test_those_on_both_sides_are_told_apart() -> None:
    upwards, downwards = named([10.0, 11, 9, 10, 11, 9, 10, 10, 100, 0.001], Unit.SECONDS)
    assert (upwards.keys, downwards.keys) == ((8,), (9,))


@pytest.mark.parametrize(
    ("usual", "other", "unit"),
    [
        (0.0, 0.02, Unit.RATIO),
        (10.0, 13.0, Unit.COUNT),
        (0.001, 0.02, Unit.SECONDS),
        (1e9, 1.3e9, Unit.BYTES),
    ],
)
def test_what_nobody_would_call_a_difference_is_none_however_equal_the_others_are(
    usual: float, other: float, unit: Unit
) -> None:
    assert named([usual] * 20 + [other], unit) == ()


@given(st.lists(st.floats(-1e6, 1e6), min_size=MIN_PEERS, max_size=60), st.sampled_from(tuple(Unit)))
def test_whatever_is_measured_few_stand_out_and_they_are_the_extremes(
    values: list[float], unit: Unit
) -> None:
    for side in named(values, unit):
        out = {values[key] for key in side.keys}
        rest = [value for key, value in enumerate(values) if key not in side.keys]
        assert len(side.keys) <= max(1, len(values) // 4)
        assert max(rest) < min(out) or min(rest) > max(out)
        assert min(abs(value - side.median) for value in out) > FAR * LEAST[unit]
