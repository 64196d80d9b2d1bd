"""Signals computed from others: what belongs to one instance is compared, and the worst decides."""

import pytest

from fastdiag.engine.formulas import compute
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Formula, Missing, Part, Reading

SHARE = Formula(left="db.pool.in_use", operator="/", right="db.pool.size")
BLANK = Reading(signal="db.pool.utilization", unit=Unit.RATIO, source="any", value=None)


def part(value: float, before: float | None = None, **labels: str) -> Part:
    return Part(labels=tuple(sorted(labels.items())), value=value, before=before)


def reading(
    value: float | None, *parts: Part, unit: Unit = Unit.COUNT, before: float | None = None
) -> Reading:
    return Reading(signal="s", unit=unit, source="any", value=value, before=before, by=parts)


def computed(left: Reading, right: Reading) -> Reading:
    found = compute(SHARE, left, right, BLANK)
    assert isinstance(found, Reading)
    return found


def test_the_worst_instance_decides() -> None:
    in_use = reading(11.0, part(9, instance="a"), part(2, instance="b"))
    size = reading(20.0, part(10, instance="a"), part(10, instance="b"))
    found = computed(in_use, size)
    assert found.value == 0.9
    assert [one.value for one in found.by] == [0.9, 0.2]


def test_what_one_instance_has_in_several_pools_is_added_up() -> None:
    in_use = reading(7.0, part(3, instance="a", pool="x"), part(4, instance="a", pool="y"))
    size = reading(10.0, part(10, instance="a"))
    assert computed(in_use, size).value == pytest.approx(0.7)


def test_ratios_of_several_pools_are_not_added_up() -> None:
    left = reading(0.5, part(0.5, instance="a", pool="x"), part(0.7, instance="a", pool="y"), unit=Unit.RATIO)
    right = reading(1.0, part(1.0, instance="a"))
    found = computed(left, right)
    assert (found.value, found.by) == (0.5, ())


def test_an_instance_of_which_only_one_side_is_seen_does_not_make_the_whole_look_better() -> None:
    in_use = reading(12.0, part(2, instance="a"), part(10, instance="b"))
    size = reading(15.0, part(10, instance="a"))
    assert computed(in_use, size).value == pytest.approx(0.8)


def test_the_worst_of_then_is_compared_with_the_worst_of_now() -> None:
    in_use = reading(11.0, part(9, 5, instance="a"), part(2, 6, instance="b"), before=11.0)
    size = reading(20.0, part(10, 10, instance="a"), part(10, 10, instance="b"), before=20.0)
    assert computed(in_use, size).before == pytest.approx(0.6)
    unknown = reading(11.0, part(9, instance="a"), before=11.0)
    assert computed(unknown, size).before is None


def test_without_parts_the_totals_are_compared_then_and_now() -> None:
    found = computed(reading(6.0, before=3.0), reading(10.0, before=10.0))
    assert (found.value, found.before) == (0.6, 0.3)


def test_nothing_is_a_share_of_nothing() -> None:
    assert isinstance(compute(SHARE, reading(1.0), reading(0.0), BLANK), Missing)
