"""Calls at once, under a deadline."""

import threading
import time
from functools import partial

from fastdiag.collectors.crew import MAX_THREADS, run_all
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason


def soon() -> float:
    return time.monotonic() + 30


def test_results_come_in_the_order_of_the_calls() -> None:
    assert run_all([partial(abs, -n) for n in range(30)], soon()) == list(range(30))
    assert run_all([], soon()) == []


def test_a_failure_takes_the_place_of_its_result() -> None:
    def fails() -> int:
        raise SourceFailed(Reason.DENIED, "no")

    def breaks() -> int:
        return 1 // 0

    first, second, third = run_all([fails, breaks, lambda: 3], soon())
    assert isinstance(first, SourceFailed)
    assert first.reason is Reason.DENIED
    assert isinstance(second, SourceFailed)
    assert "ZeroDivisionError" in second.detail
    assert third == 3


def test_what_has_not_come_home_by_then_is_timed_out_and_the_rest_is_kept() -> None:
    released = threading.Event()
    try:
        slow, quick = run_all([lambda: released.wait(20), lambda: True], time.monotonic() + 0.3)
    finally:
        released.set()
    assert quick is True
    assert isinstance(slow, SourceFailed)
    assert slow.reason is Reason.TIMED_OUT


def test_no_more_than_so_many_at_once_and_nobody_keeps_the_process_alive() -> None:
    meeting = threading.Barrier(MAX_THREADS)
    seen: set[threading.Thread] = set()

    def call() -> bool:
        seen.add(threading.current_thread())
        meeting.wait(10)
        return True

    assert run_all([call] * (2 * MAX_THREADS), soon()) == [True] * (2 * MAX_THREADS)
    assert len(seen) == MAX_THREADS
    assert all(thread.daemon for thread in seen)
