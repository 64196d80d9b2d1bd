"""Waiting for a condition, with a deadline and a sentence about what was awaited."""

import time
from collections.abc import Callable
from typing import Final

POLL_INTERVAL_S: Final = 0.1


class DeadlineExceededError(AssertionError):
    """What was awaited did not happen in time; an AssertionError, because the test's premise failed."""


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str,
    within_s: float,
    every_s: float = POLL_INTERVAL_S,
    explain: Callable[[], str] = str,
) -> float:
    """Poll until `condition` holds and return the seconds it took.

    Raises DeadlineExceededError naming `what`, followed by what `explain` says then (a log, a measurement).
    """
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        if waited > within_s:
            raise DeadlineExceededError(f"not within {within_s:g} s: {what}\n{explain()}")
        time.sleep(every_s)
    return time.monotonic() - started
