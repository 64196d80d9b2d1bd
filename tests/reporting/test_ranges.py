"""How signals went, as a real Prometheus remembers it."""

from __future__ import annotations

import time
from typing import Final

import pytest

from fastdiag.collectors.prometheus import ranges
from fastdiag.collectors.prometheus.ranges import MAX_POINTS, Remembered, grid, remember
from fastdiag.collectors.sink import SourceFailed, SourceSkipped
from fastdiag.model.course import Course, Told
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret, Target
from tests.reporting.conftest import Shop
from tests.reporting.story import DOUBLED, FULL, SLOW, TIMED_OUT, UNSEEN

OVER_S: Final = 7200.0
KEYS: Final = (
    "http.rps",
    "http.latency.p95",
    "http.timeouts.ratio",
    "service.cpu",
    "db.pool.utilization",
    "db.pool.waiting",
)


def look_back(shop: Shop, rulebook: Rulebook, *, service: str = "shop") -> Remembered:
    target = Target(prometheus=Secret(shop.url), service=service, at=shop.story.end)
    return remember(target, rulebook.catalogue, KEYS, OVER_S, time.monotonic() + 10)


@pytest.fixture(scope="module")
def told(shop: Shop, rulebook: Rulebook) -> dict[str, Course]:
    return {course.signal: course for course in look_back(shop, rulebook).courses}


def around(course: Course, at: float) -> float | None:
    """Return the value at the point that is nearest to a moment."""
    return min(course.points, key=lambda point: abs(point[0] - at))[1]


def test_rates_go_up_when_they_did(told: dict[str, Course], shop: Shop) -> None:
    rate = told["http.rps"]
    assert rate.told is Told.PROMETHEUS
    assert around(rate, shop.story.at(DOUBLED - 2)) == pytest.approx(2.0, rel=0.02)
    assert around(rate, shop.story.at(DOUBLED + 10)) == pytest.approx(4.0, rel=0.02)


def test_quantiles_come_from_the_requests_of_their_own_time(told: dict[str, Course], shop: Shop) -> None:
    latency = told["http.latency.p95"]
    before, after = around(latency, shop.story.at(SLOW - 2)), around(latency, shop.story.at(SLOW + 40))
    assert before is not None
    assert after is not None
    assert before < 0.1
    assert 1.0 < after < 2.5


def test_the_fullest_pool_decides(told: dict[str, Course], shop: Shop) -> None:
    pool = told["db.pool.utilization"]
    assert around(pool, shop.story.at(FULL - 2)) == pytest.approx(0.4)
    assert around(pool, shop.story.at(FULL + 5)) == pytest.approx(1.0)


def test_the_first_timeout_ever_shows(told: dict[str, Course], shop: Shop) -> None:
    timeouts = told["http.timeouts.ratio"]
    assert around(timeouts, shop.story.at(TIMED_OUT - 10)) == 0
    peak = max(value for _, value in timeouts.points if value is not None)
    assert 0.0005 < peak < 0.005  # one among some hundred


def test_where_nobody_scraped_there_is_a_gap_and_no_zero(told: dict[str, Course], shop: Shop) -> None:
    middle = shop.story.at(UNSEEN.start + 10)
    for course in told.values():
        assert around(course, middle) is None, course.signal
        assert around(course, shop.story.at(10)) is not None, course.signal


def test_what_is_counted_over_half_a_window_is_not_half_as_much(told: dict[str, Course]) -> None:
    for signal, least in (("http.rps", 1.9), ("service.cpu", 0.19)):
        assert min(value for _, value in told[signal].points if value is not None) > least


def test_all_signals_have_the_same_moments_and_few_of_them(told: dict[str, Course]) -> None:
    moments = {tuple(at for at, _ in course.points) for course in told.values()}
    assert len(moments) == 1
    assert MAX_POINTS / 2 < len(next(iter(moments))) <= MAX_POINTS


def test_what_the_server_has_no_metric_of_is_missing_with_the_reason(shop: Shop, rulebook: Rulebook) -> None:
    found = look_back(shop, rulebook)
    assert found.missing["db.pool.waiting"].reason is Reason.ABSENT
    assert found.requests <= 40
    assert found.notes == ()


def test_buckets_that_would_take_the_server_long_are_left_alone(
    shop: Shop, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "MAX_SAMPLES", 100)
    found = look_back(shop, rulebook)
    assert "too many to be read" in found.missing["http.latency.p95"].detail
    assert "http.rps" in {course.signal for course in found.courses}


def test_a_service_that_the_server_does_not_know(shop: Shop, rulebook: Rulebook) -> None:
    target = Target(prometheus=Secret(shop.url), selector='job="nobody"', at=shop.story.end)
    with pytest.raises(SourceFailed, match="no metric of a known library"):
        remember(target, rulebook.catalogue, KEYS, OVER_S, time.monotonic() + 10)


def test_without_a_server_nothing_is_asked(rulebook: Rulebook) -> None:
    with pytest.raises(SourceSkipped):
        remember(Target(), rulebook.catalogue, KEYS, OVER_S, time.monotonic() + 1)


def test_points_are_no_closer_than_scrapes_and_no_more_than_a_page_shows() -> None:
    short, long = grid(1e9, 600, 60), grid(1e9, 31 * 86400, 15)
    assert (short.step_s, short.window_s) == (60, 240)
    assert len(long.moments) <= MAX_POINTS
    assert long.window_s == long.step_s
