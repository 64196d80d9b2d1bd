"""Quantiles from buckets: what Prometheus computes, within what is possible at all."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdiag.metrics.histogram import Histogram, merge

LATENCIES = st.lists(st.floats(min_value=0, max_value=100), min_size=1, max_size=200)
BOUNDS = st.lists(st.floats(min_value=0.001, max_value=50), min_size=1, max_size=15, unique=True)
SHARES = st.floats(min_value=0.01, max_value=0.999)


def observed(latencies: list[float], bounds: list[float]) -> Histogram:
    upper = [*sorted(bounds), math.inf]
    counts = {bound: float(sum(1 for latency in latencies if latency <= bound)) for bound in upper}
    return Histogram.of(counts, math.fsum(latencies))


@given(LATENCIES, BOUNDS, SHARES, SHARES)
def test_a_higher_quantile_is_never_lower(
    latencies: list[float], bounds: list[float], one: float, other: float
) -> None:
    histogram = observed(latencies, bounds)
    low, high = histogram.quantile(min(one, other)), histogram.quantile(max(one, other))
    assert low is not None
    assert high is not None
    assert low.value <= high.value * (1 + 1e-12)


@given(LATENCIES, BOUNDS, SHARES)
@example([0.0] * 3 + [1.0] * 6, [0.2], 1 / 3)
def test_a_quantile_lies_in_the_bucket_that_holds_its_rank(
    latencies: list[float], bounds: list[float], q: float
) -> None:
    histogram = observed(latencies, bounds)
    found = histogram.quantile(q)
    rank = q * len(latencies)
    upper = next(bound for bound, upto in histogram.buckets if upto >= rank)
    lower = max((bound for bound, upto in histogram.buckets if upto < rank), default=0.0)
    assert found is not None
    assert lower <= found.value <= upper
    assert (found.beyond is not None) == math.isinf(upper)


@given(LATENCIES, BOUNDS, SHARES)
def test_no_estimate_exceeds_what_the_mean_allows(
    latencies: list[float], bounds: list[float], q: float
) -> None:
    histogram = observed(latencies, bounds)
    found = histogram.quantile(q)
    assert found is not None
    if found.beyond is None and histogram.total:
        rank = q * len(latencies)
        lower = max((bound for bound, upto in histogram.buckets if upto < rank), default=0.0)
        assert found.value <= max(lower, histogram.total / len(latencies) / (1 - q) * (1 + 1e-9))


def test_interpolation_is_linear_within_the_bucket() -> None:
    # Rank 95 of 100: the 15th of the 20 observations between 1 and 2.
    found = Histogram.of({1.0: 80.0, 2.0: 100.0, math.inf: 100.0}).quantile(0.95)
    assert found is not None
    assert found.value == pytest.approx(1.75)


def test_a_coarse_bucket_does_not_make_fast_requests_slow() -> None:
    # A hundred requests of 1 ms in a bucket that ends at 100 ms: interpolation alone says 95 ms.
    found = Histogram.of({0.1: 100.0, math.inf: 100.0}, total=0.1).quantile(0.95)
    assert found is not None
    assert found.value == pytest.approx(0.02)


def test_requests_that_are_slow_by_design_do_not_appear_slower_than_their_sum_allows() -> None:
    # Of 700 requests 66 are polls of 5.03 s in a bucket from 5 to 7.5 s: interpolation alone says 6.2 s.
    found = Histogram.of({5.0: 634.0, 7.5: 700.0, math.inf: 700.0}, total=66 * 5.03 + 634 * 0.005).quantile(
        0.95
    )
    assert found is not None
    # 31 of the polls are below the rank, and took 5 s at least: 335.15 s - 155 s for the other 35.
    assert found.value == pytest.approx((335.15 - 31 * 5) / 35)


def test_above_the_top_bucket_the_bound_is_exceeded_and_the_mean_tells_by_how_much() -> None:
    # 60 requests within 1 s, 40 above; 300 s in all: the 40 took (300 - 60) / 40 = 6 s or more on average.
    histogram = Histogram.of({1.0: 60.0, math.inf: 100.0}, total=300.0)
    found = histogram.quantile(0.95)
    assert found is not None
    assert (found.value, found.beyond) == (6.0, 1.0)
    unknown = Histogram(histogram.buckets).quantile(0.95)
    assert unknown is not None
    assert unknown.value > 1.0
    assert unknown.value == pytest.approx(1.0)


def test_there_is_no_quantile_without_observations_or_buckets() -> None:
    assert Histogram.of({1.0: 0.0, math.inf: 0.0}).quantile(0.5) is None
    assert Histogram.of({}).quantile(0.5) is None
    assert Histogram.of({math.inf: 30.0}).quantile(0.5) is None


def test_counts_that_fall_by_a_hair_are_mended() -> None:
    histogram = Histogram.of({0.1: 50.0, 0.5: 49.999, math.inf: 50.001})
    assert [upto for _, upto in histogram.buckets] == [50.0, 50.0, 50.001]


def test_merging_adds_observations_and_keeps_the_sum_only_when_all_are_known() -> None:
    one, other = Histogram.of({1.0: 5.0, math.inf: 6.0}, 4.0), Histogram.of({1.0: 1.0, math.inf: 4.0}, 9.0)
    assert merge([one, other]) == Histogram.of({1.0: 6.0, math.inf: 10.0}, 13.0)
    assert merge([one, Histogram(other.buckets)]).total is None
