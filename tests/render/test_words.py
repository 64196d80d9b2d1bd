"""Numbers and lists as a person says them."""

from __future__ import annotations

import pytest

from fastdiag.model.quantity import Unit, format_value
from fastdiag.render.words import count, filled, listed, moment, percent, span, unfulfilled


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.0, "0%"), (0.0004, "<1%"), (0.931, "93%"), (0.9951, ">99%"), (1.0, "100%")],
)
def test_certainty_is_claimed_only_where_it_is_exact(probability: float, said: str) -> None:
    assert percent(probability) == said


@pytest.mark.parametrize("unit", [Unit.COUNT, Unit.PER_SECOND])
def test_what_rounds_to_nothing_has_no_sign(unit: Unit) -> None:
    assert format_value(-0.04, unit) == format_value(0.0, unit)


def test_a_range_that_is_none_is_not_shown() -> None:
    assert span(0.708, 0.97) == "(71-97%)"
    assert span(0.401, 0.404) == ""


def test_a_range_reaches_certainty_only_where_it_is_exact() -> None:
    assert span(0.11, 0.999) == "(11-99%)"
    assert span(0.11, 1.0) == "(11-100%)"
    assert span(0.996, 0.999) == ""


def test_lists() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert listed(["a", "b", "c", "d"], at_most=2) == "a, b and 2 more"


def test_counts() -> None:
    assert [count(n, "signal") for n in (0, 1, 2)] == ["0 signals", "1 signal", "2 signals"]
    assert count(2, "entry", "entries") == "2 entries"


def test_what_a_cause_would_bring_about_and_is_not_so_is_said_with_the_comparison_turned() -> None:
    said = "db.pool.waiting 0 >= 1; workers.heartbeat 6.3 s >= server.timeout 30 s"
    assert unfulfilled("not seen: requests queue", said) == (
        "not so: requests queue",
        "db.pool.waiting 0, not >= 1; workers.heartbeat 6.3 s, not >= server.timeout 30 s",
    )
    assert unfulfilled("requests queue", "db.pool.waiting 3 >= 1")[1] == "db.pool.waiting 3 >= 1"


def test_moments() -> None:
    assert moment("2026-11-22T03:14:07Z") == "2026-11-22 03:14:07 UTC"
    assert moment("2026-11-22T03:14:07.123456Z") == "2026-11-22 03:14:07 UTC"
    assert moment("yesterday") == "yesterday"


def test_only_known_thresholds_are_filled_in() -> None:
    assert filled("longer than $slow at $HOME, $slower", {"slow": "1s"}) == "longer than 1s at $HOME, $slower"
