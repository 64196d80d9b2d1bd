"""Readings of what running statements wait for: I/O, internal locks, or nothing because they compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastdiag.collectors.postgres.rows import Backend
from fastdiag.collectors.postgres.samples import Samples, grouped, labels, window
from fastdiag.collectors.sink import Sink

_KINDS: Final[dict[str, Callable[[Backend], bool]]] = {
    "db.waits.io": lambda backend: backend.wait == "IO",
    "db.waits.lwlock": lambda backend: backend.wait == "LWLock",
    "db.active.running": lambda backend: backend.wait is None,
}


def report_waits(sink: Sink, samples: Samples) -> None:
    """Write db.waits, and of each kind that tells causes apart how many there are in both samples."""
    blind = samples.blind_spot
    if blind:
        for signal in ("db.waits", *_KINDS):
            sink.missing(signal, blind.reason, blind.detail)
        return
    _, running = samples.chosen(lambda backend: backend.is_running)
    parts = grouped(running, lambda backend: labels(wait=backend.wait or "none"))
    sink.reading("db.waits", len(running), by=parts)
    for signal, is_kind in _KINDS.items():
        _report_kind(sink, samples, signal, is_kind)


def _report_kind(sink: Sink, samples: Samples, signal: str, is_kind: Callable[[Backend], bool]) -> None:
    """Write the fewer of both samples: what one moment shows may be gone in the next."""
    first, last = samples.chosen(lambda backend: backend.is_running and is_kind(backend))
    fewer = min(last, first, key=len)
    sink.reading(
        signal,
        len(fewer),
        by=grouped(fewer, lambda each: labels(application=each.application, client=each.address)),
        window=window(len(first), len(last), are_two=samples.are_two),
        bias=samples.bias,
    )
