"""Trying again what may succeed in a moment: a few times, with pauses, and never beyond a deadline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastdiag.channels.failure import DeliveryError

Attempt = Callable[[float], None]
"""Sends once, and is done or has raised DeliveryError by a point of ``time.monotonic()``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often something is tried.

    pauses_s         before the second, the third ... attempt; there is one attempt more than pauses
    longest_pause_s  a receiver that asks for a longer one is not waited for
    limit_s          for everything together
    """

    pauses_s: tuple[float, ...] = (0.5, 2.0)
    longest_pause_s: float = 10.0
    limit_s: float = 20.0


PATIENCE: Final = Patience()
"""Who runs a report by hand waits for it; a chat that is down for longer than this is down."""
LEAST_TRY_S: Final = 0.5
"""With less time left nothing is tried again: it would only be reported as late."""
_SPREAD: Final = 0.5
"""Up to this share a pause is longer: what broke for all hosts at once is not asked again by all at once."""


@dataclass(slots=True)
class Tries:
    """How often something was tried so far."""

    number: int = 0


def persist(attempt: Attempt, patience: Patience, deadline: float, tries: Tries) -> None:
    """Call until it succeeds; ``tries`` counts along.

    Raises:
        DeliveryError: the last one, when it stands for good or there is no time for another try.

    """
    for pause in (*patience.pauses_s, None):
        tries.number += 1
        try:
            attempt(deadline)
        except DeliveryError as error:
            wait_s = _wait(error, pause, patience, deadline)
            if wait_s is None:
                raise
            time.sleep(wait_s)
        else:
            return


def _wait(error: DeliveryError, pause: float | None, patience: Patience, deadline: float) -> float | None:
    """Return how long to wait before the next try; None where there is to be none."""
    if pause is None or not error.is_passing:
        return None
    spread = pause * (1 + _SPREAD * random.random())  # noqa: S311 - nobody gains by guessing a pause
    wait_s = max(spread, error.wait_s or 0.0)
    has_time = time.monotonic() + wait_s + LEAST_TRY_S < deadline
    return wait_s if wait_s <= patience.longest_pause_s and has_time else None
