"""The edges of each kind of source: unknown is not zero."""

import dataclasses
import math

import pytest

from fastdiag.metrics.evaluate import MAX_PARTS, Found, evaluate
from fastdiag.metrics.page import Page, alone, between, totals
from fastdiag.metrics.plan import plan
from fastdiag.metrics.vector import Window
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Bound, Combine, Matcher, MetricKind, MetricSource, Missing, Range, Reason

ERRORS = MetricSource(
    kind=MetricKind.COUNTER,
    metric="requests_total",
    per="requests_total",
    where=(Matcher("status", "5(..|xx)"),),
    by="route",
    ignore="/metrics",
    library="any",
)
RATE = MetricSource(kind=MetricKind.COUNTER, metric="requests_total", by="route", library="any")
P95 = MetricSource(kind=MetricKind.HISTOGRAM, metric="latency", quantile=0.95, by="route", library="any")


def counted(**series: float) -> Page:
    """Return a page of requests_total; a series is named route_status."""
    return {
        "requests_total": {
            (("route", f"/{name.rsplit('_', 1)[0]}"), ("status", name.rsplit("_", 1)[1])): value
            for name, value in series.items()
        }
    }


def timed(routes: dict[str, dict[str, float]]) -> Page:
    return {
        "latency_bucket": {
            (("le", le), ("route", route)): count
            for route, counts in routes.items()
            for le, count in counts.items()
        }
    }


def window(page: Page, source: MetricSource) -> Window:
    plans = plan(source)
    return alone(page, math.nan, (*plans.essential, *plans.extra))


def value(result: Found | Missing) -> Found:
    assert isinstance(result, Found), result
    return result


def test_a_route_without_errors_is_zero_and_the_worst_comes_first() -> None:
    page = counted(a_200=50, b_200=30, b_500=20, metrics_500=9)
    found = value(evaluate(ERRORS, Unit.RATIO, window(page, ERRORS)))
    assert found.value == pytest.approx(0.2)
    assert [(dict(part.labels)["route"], part.value, part.count) for part in found.by] == [
        ("/b", 0.4, 50.0),
        ("/a", 0.0, 50.0),
    ]


def test_a_few_requests_give_a_ratio_that_is_not_to_be_trusted() -> None:
    found = value(evaluate(ERRORS, Unit.RATIO, window(counted(a_200=2, a_500=1), ERRORS)))
    assert found.bias == "only 3 requests in the window"


def test_without_the_status_label_errors_are_unknown_not_zero() -> None:
    page: Page = {"requests_total": {(("route", "/a"), ("code", "500")): 90.0}}
    missing = evaluate(ERRORS, Unit.RATIO, window(page, ERRORS))
    assert missing == Missing(Reason.ABSENT, "requests_total has no label 'status'")


@pytest.mark.parametrize(
    "matcher", [Matcher("error_type", ".+"), Matcher("error_type", "(4..)?", negate=True)]
)
def test_a_label_that_exists_only_on_failures_may_be_absent(matcher: Matcher) -> None:
    source = MetricSource(
        kind=MetricKind.COUNTER, metric="calls_total", per="calls_total", where=(matcher,), library="any"
    )
    healthy: Page = {"calls_total": {(("host", "api"),): 40.0}}
    assert value(evaluate(source, Unit.RATIO, window(healthy, source))).value == 0.0
    failing: Page = {"calls_total": {(("host", "api"),): 30.0, (("error_type", "ReadTimeout"),): 10.0}}
    assert value(evaluate(source, Unit.RATIO, window(failing, source))).value == 0.25


def test_a_ratio_of_two_metrics() -> None:
    source = MetricSource(
        kind=MetricKind.COUNTER, metric="timeouts_total", per="requests_total", library="any"
    )
    page: Page = {"requests_total": {(): 200.0}, "timeouts_total": {(): 10.0}}
    assert value(evaluate(source, Unit.RATIO, window(page, source))).value == pytest.approx(0.05)
    idle: Page = {"requests_total": {(): 0.0}, "timeouts_total": {(): 0.0}}
    assert evaluate(source, Unit.RATIO, window(idle, source)) == Missing(
        Reason.ABSENT, "no traffic in the window"
    )


def test_a_rate_over_a_window_of_unknown_length_is_unknown() -> None:
    missing = evaluate(RATE, Unit.PER_SECOND, window(counted(a_200=50), RATE))
    assert isinstance(missing, Missing)
    found = value(
        evaluate(
            RATE,
            Unit.PER_SECOND,
            between((counted(a_200=50), counted(a_200=70)), 10.0, plan(RATE).essential),
            totals(counted(a_200=50), math.nan, plan(RATE).essential),
        )
    )
    assert (found.value, found.before) == (2.0, None)


def test_before_is_compared_part_by_part() -> None:
    earlier, later = counted(a_200=40), counted(a_200=70, b_200=10)
    earlier = {**earlier, "process_start_time_seconds": {(): 1000.0}}
    found = value(
        evaluate(
            RATE,
            Unit.PER_SECOND,
            between((earlier, later), 10.0, plan(RATE).essential),
            totals(earlier, 1020.0, plan(RATE).essential),
        )
    )
    assert (found.value, found.before) == (4.0, 2.0)
    assert [(part.labels, part.value, part.before) for part in found.by] == [
        ((("route", "/a"),), 3.0, 2.0),
        ((("route", "/b"),), 1.0, None),
    ]


def test_a_restarted_counter_counts_from_zero() -> None:
    restarted = between((counted(a_200=500), counted(a_200=30)), 10.0, plan(RATE).essential)
    assert value(evaluate(RATE, Unit.PER_SECOND, restarted)).value == pytest.approx(3.0)


def test_the_top_bucket_is_a_lower_bound_and_says_so() -> None:
    page = timed({"/a": {"0.1": 10, "1.0": 50, "+Inf": 100}})
    found = value(evaluate(P95, Unit.SECONDS, window(page, P95)))
    assert found.value == pytest.approx(1.0)
    assert found.value > 1.0
    assert found.bias == "above the top bucket of latency: at least 1 s"
    assert found.bound is Bound.AT_LEAST


def test_doubts_on_both_sides_leave_no_bound() -> None:
    page = timed({"/a": {"0.1": 10, "1.0": 50, "+Inf": 100}})
    for bound, left in ((Bound.AT_LEAST, Bound.AT_LEAST), (Bound.AT_MOST, None), (None, None)):
        source = dataclasses.replace(P95, bias="in doubt", bound=bound)
        assert value(evaluate(source, Unit.SECONDS, window(page, source))).bound is left


def test_bounds_spelt_differently_are_one_bucket() -> None:
    page = timed({"/a": {"0.5": 10, "1": 20, "+Inf": 20}, "/b": {"0.5": 10, "1.0": 20, "+Inf": 20}})
    found = value(evaluate(P95, Unit.SECONDS, window(page, P95)))
    # Rank 38 of 40; numbers 21 to 40 lie in (0.5, 1].
    assert found.value == pytest.approx(0.5 + 0.5 * 18 / 20)


def test_quantiles_of_rarely_called_routes_are_left_out() -> None:
    page = timed({"/often": {"1": 100, "+Inf": 100}, "/rarely": {"1": 0, "+Inf": 19}})
    found = value(evaluate(P95, Unit.SECONDS, window(page, P95)))
    assert [part.labels for part in found.by] == [(("route", "/often"),)]


def test_only_the_worst_parts_are_kept() -> None:
    page = counted(**{f"r{number}_200": float(number) for number in range(1, 40)})
    found = value(evaluate(RATE, Unit.PER_SECOND, between((counted(), page), 1.0, plan(RATE).essential)))
    assert len(found.by) == MAX_PARTS
    assert found.by[0].value == 39.0


def test_a_gauge_has_a_range_and_combines_its_series() -> None:
    source = MetricSource(
        kind=MetricKind.GAUGE, metric="in_use", where=(Matcher("state", "used"),), by="pool", library="any"
    )
    plans = plan(source)
    pages: list[Page] = [
        {"in_use": {(("pool", "a"), ("state", "used")): a, (("pool", "b"), ("state", "used")): b}}
        for a, b in ((5.0, 1.0), (4.0, 0.0), (5.0, 2.0))
    ]
    found = value(evaluate(source, Unit.COUNT, between(pages, 4.0, (*plans.essential, *plans.extra))))
    assert found.value == 7.0
    assert found.window == Range(lowest=4.0, highest=7.0, samples=3)
    assert [part.value for part in found.by] == [5.0, 2.0]


@pytest.mark.parametrize(
    ("combine", "expected"), [(Combine.SUM, 6.0), (Combine.MAX, 3.0), (Combine.MIN, 1.0), (Combine.AVG, 2.0)]
)
def test_series_are_combined_as_the_source_says(combine: Combine, expected: float) -> None:
    source = MetricSource(kind=MetricKind.GAUGE, metric="fds", combine=combine, library="any")
    page: Page = {"fds": {(("pid", str(pid)),): float(pid) for pid in (1, 2, 3)}}
    assert value(evaluate(source, Unit.COUNT, window(page, source))).value == expected


def test_a_gauge_without_samples_is_missing() -> None:
    source = MetricSource(kind=MetricKind.GAUGE, metric="fds", library="any")
    assert isinstance(evaluate(source, Unit.COUNT, window({"fds": {(): math.nan}}, source)), Missing)


def test_what_was_not_fetched_is_not_zero() -> None:
    missing = evaluate(RATE, Unit.PER_SECOND, Window(answers={}, seconds=10.0))
    assert missing == Missing(Reason.FAILED, "requests_total was not fetched")
