"""Several blocking calls at once, by threads that nobody has to wait for.

An executor's threads are joined when the process ends: one call into a black hole would hold up the exit.
Daemon threads are abandoned instead.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

MAX_THREADS: Final = 8

T = TypeVar("T")
_Done = queue.SimpleQueue[tuple[int, T | SourceFailed]]


def run_all(calls: Sequence[Callable[[], T]], until: float) -> list[T | SourceFailed]:
    """Make the calls and return their results in the same order, at ``until`` at the latest.

    ``until`` is a point of ``time.monotonic()``. A call that fails, or has not come home by then, yields
    a SourceFailed. Calls are begun in their order: put the important ones first.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(calls)):
        waiting.put(number)
    done: _Done[T] = queue.SimpleQueue()
    for _ in range(min(MAX_THREADS, len(calls))):
        threading.Thread(target=_work, args=(calls, waiting, done, until), daemon=True).start()
    late = SourceFailed(Reason.TIMED_OUT, "no answer before the deadline", hint="raise --deadline")
    results: list[T | SourceFailed] = [late] * len(calls)
    for _ in calls:
        try:
            number, result = done.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        results[number] = result
    return results


def _work(
    calls: Sequence[Callable[[], T]], waiting: queue.SimpleQueue[int], done: _Done[T], until: float
) -> None:
    while time.monotonic() < until:
        try:
            number = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            done.put((number, calls[number]()))
        except SourceFailed as failure:
            done.put((number, failure))
        except Exception as error:  # noqa: BLE001 - a thread's exception would end on the user's terminal
            done.put((number, SourceFailed(Reason.FAILED, f"{type(error).__name__}: {error}")))
