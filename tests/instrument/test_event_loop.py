"""The event loop's lag, AnyIO's tokens, and the collector's pauses, as the process itself finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.instrument.ticker import EVERY_S, MOST_MISSED, lags
from tests.instrument.workshop import Workshop

LAG = "fastdiag_event_loop_lag_seconds"


def late(shop: Workshop, more_than_s: str) -> float:
    """Return how many moments were later than a bound of the buckets."""
    return (shop.value(f"{LAG}_count") or 0) - (shop.value(f"{LAG}_bucket", le=more_than_s) or 0)


def test_one_late_callback_stands_for_all_that_were_due_meanwhile() -> None:
    assert lags(0.35) == pytest.approx([0.35, 0.25, 0.15, 0.05])
    assert lags(0.02) == [0.02]
    assert lags(-0.01) == [0.0]


@given(st.floats(min_value=0, max_value=1e9))
def test_a_machine_that_slept_is_not_told_for_ever(late_s: float) -> None:
    found = lags(late_s)
    assert 1 <= len(found) <= MOST_MISSED + 1
    assert found == sorted(found, reverse=True)
    assert all(0 <= one <= late_s for one in found)
    assert len(found) == pytest.approx(min(late_s / EVERY_S, MOST_MISSED) + 1, abs=1)


def test_a_blocked_loop_is_late_for_the_share_of_time_that_it_is_blocked(shop: Workshop) -> None:
    before = late(shop, "0.5")
    assert shop.get("/block?seconds=1").status_code == 200
    # Of the ten callbacks of that second five were later than half a second.
    assert late(shop, "0.5") - before >= 4


def test_a_wait_in_a_thread_leaves_the_loop_free_and_takes_a_token(shop: Workshop) -> None:
    before = late(shop, "0.5")
    with shop.closed_gate():
        answers = shop.meanwhile("/thread", times=42)
        shop.comes_to(40, "fastdiag_threads_busy")
        shop.comes_to(2, "fastdiag_threads_waiting")
    assert shop.value("fastdiag_threads_limit") == 40
    assert {answer.result().status_code for answer in answers} == {200}
    shop.comes_to(0, "fastdiag_threads_waiting")
    assert late(shop, "0.5") - before < 4  # as many as a loop blocked for a second would add


def test_a_collection_is_timed(shop: Workshop) -> None:
    full = {"cpython_gc_generation": "2"}
    before = shop.value("fastdiag_gc_pause_seconds_count", **full) or 0
    assert shop.get("/collect").status_code == 200
    shop.comes_to(before + 1, "fastdiag_gc_pause_seconds_count", **full)
