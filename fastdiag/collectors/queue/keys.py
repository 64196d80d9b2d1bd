"""Names of queues, and finding them by a pattern without ever asking for all keys; and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.redis_client import Redis
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.redis_client.failure import of_answer
from fastdiag.collectors.redis_client.resp import Error, Reply
from fastdiag.model.signal import Missing

MAX_STEPS: Final = 20
STEP_KEYS: Final = 1000
"""One step takes the server half a millisecond; all of them look at 20,000 keys at the most. A broker with
more, because it also keeps results, may hide a queue: `?queues=NAME,NAME` in the URL names it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What was found; none: there is no trace of the program. ``is_complete``: there are no others."""

    found: tuple[str, ...] = ()
    is_complete: bool = True


def refused(reply: Reply, command: str) -> Missing | None:
    """Return why a command of a pipeline has no answer; None when it has one."""
    if not isinstance(reply, Error):
        return None
    failure = of_answer(reply.text, command)
    return Missing(failure.reason, failure.detail)


def found_by_scan(redis: Redis, pattern: str) -> Names:
    """Return keys that match, sorted, from as far as a few steps of SCAN lead."""
    found: set[str] = set()
    cursor = "0"
    for _ in range(MAX_STEPS):
        cursor, keys = read.page(redis.call(ask.scan(cursor, pattern, STEP_KEYS)))
        found.update(keys)
        if cursor == "0":
            break
    is_complete = cursor == "0" and len(found) <= ask.MAX_LISTED
    return Names(tuple(sorted(found)[: ask.MAX_LISTED]), is_complete)
