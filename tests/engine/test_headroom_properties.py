"""What holds of headroom whatever the numbers are."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from fastdiag.engine.headroom_scaling import growing_share
from fastdiag.model.headroom import Standing
from tests.engine.headroom_tables import limit, reading, standing, told

POSITIVE = st.floats(min_value=0.01, max_value=1e9)
NUMBERS = st.floats(min_value=0, max_value=1e9)
ANY = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.none())


def multiple(found: Standing) -> float:
    assert found.reach is not None, found.no_reach
    return found.reach.multiple


@given(rps=POSITIVE, before=POSITIVE, used=NUMBERS, used_before=NUMBERS, most=POSITIVE)
def test_a_multiple_is_never_negative_and_never_less_than_in_proportion(
    rps: float, before: float, used: float, used_before: float, most: float
) -> None:
    found = standing(
        limit(),
        reading("http.rps", rps, before=before),
        reading("x.used", used, before=used_before),
        reading("x.most", most),
    )
    if found.reach is not None:
        assert found.reach.multiple >= 0
        assert math.isfinite(found.reach.multiple) or found.utilization < 1e-12
        assert found.reach.multiple * used >= most * (1 - 1e-9)


@given(used=POSITIVE, more=POSITIVE, most=POSITIVE, rps=st.floats(min_value=1, max_value=1e6))
def test_in_proportion_more_use_is_nearer_and_a_higher_limit_is_further(
    used: float, more: float, most: float, rps: float
) -> None:
    def at(in_use: float, bound: float) -> float:
        traffic = reading("http.rps", rps)
        return multiple(standing(limit(), traffic, reading("x.used", in_use), reading("x.most", bound)))

    assert at(used + more, most) <= at(used, most)
    assert at(used, most + more) >= at(used, most)


@given(
    used=st.floats(min_value=10, max_value=100),
    before=st.floats(min_value=0, max_value=9),
    most=st.floats(min_value=200, max_value=1e4),
    more=st.floats(min_value=0.1, max_value=50),
)
def test_measured_more_use_is_nearer_and_a_higher_limit_is_further(
    used: float, before: float, most: float, more: float
) -> None:
    def at(in_use: float, bound: float) -> float:
        traffic = reading("http.rps", 40, before=20)
        now = reading("x.used", in_use, before=before)
        return multiple(standing(limit(), traffic, now, reading("x.most", bound)))

    assert at(used + more, most) <= at(used, most) * (1 + 1e-9)
    assert at(used, most + more) >= at(used, most)


@given(used=ANY, most=ANY, rps=ANY, before=ANY)
def test_the_unknown_never_becomes_a_number(
    used: float | None, most: float | None, rps: float | None, before: float | None
) -> None:
    found = told(
        limit(),
        reading("http.rps", rps, before=before),
        reading("x.used", used, before=before),
        reading("x.most", most),
    )
    known = all(value is not None and math.isfinite(value) and value >= 0 for value in (used, most))
    if not known or not most:
        assert found.limits == ()
    for one in found.limits:
        assert math.isfinite(one.utilization)
        assert one.reach is None or one.reach.multiple >= 0


@given(
    now=st.tuples(POSITIVE, POSITIVE),
    others=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4),
)
def test_the_share_that_grows_is_a_share(now: tuple[float, float], others: list[tuple[float, float]]) -> None:
    share = growing_share(now, others, counts=True)
    assert share is None or 0 <= share <= 1
