"""How figures of several samples become readings: medians over the window, parts with the most first."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from fastdiag.collectors.processes.sample import Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Part, Range, Reason

MAX_PARTS: Final = 500


class Unseen(NamedTuple):
    """Why a group of signals has no reading."""

    reason: Reason
    detail: str


def say_missing(sink: Sink, unseen: Unseen, *signals: str) -> None:
    """Record why these signals have no reading."""
    for signal in signals:
        sink.missing(signal, unseen.reason, unseen.detail)


def by_median(samples: Sequence[Sample], names: Callable[[Sample], Sequence[str]], label: str) -> list[Part]:
    """Return how often each name occurs, as the median of the samples; what is seldom there is left out."""
    counts = [Counter(names(sample)) for sample in samples]
    medians = {name: median([each[name] for each in counts]) for name in set().union(*counts)}
    return parts({name: count for name, count in medians.items() if count}, label)


def parts(values: dict[str, float], label: str) -> list[Part]:
    """Return the figures as parts, the largest first."""
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:MAX_PARTS]
    return [Part(labels=((label, name),), value=value) for name, value in ordered]


def median(counts: Sequence[float]) -> float:
    """Return the median; 0 of no samples."""
    return float(statistics.median(counts)) if counts else 0.0


def range_of(counts: Sequence[int]) -> Range:
    """Return the range of at least one sample."""
    return Range(lowest=min(counts), highest=max(counts), samples=len(counts))
