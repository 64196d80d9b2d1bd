"""Pauses of the garbage collector."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping

from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import GC_PAUSE


class Pauses:
    """Times every collection; hung into `gc.callbacks` once."""

    def __init__(self) -> None:
        self._began_s = 0.0

    def install(self) -> None:
        """Begin to listen."""
        if self._seen not in gc.callbacks:
            gc.callbacks.append(self._seen)

    def _seen(self, phase: str, info: Mapping[str, int]) -> None:
        # Only deferred: a collection interrupts anything, whoever holds a lock of the metrics included.
        if phase == "start":
            self._began_s = time.perf_counter()
        elif self._began_s:
            METER.defer(GC_PAUSE, time.perf_counter() - self._began_s, str(info["generation"]))


PAUSES = Pauses()
