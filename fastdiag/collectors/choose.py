"""Of several readings of one signal the best one, of several reasons for none the most useful one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastdiag.collectors.attribution import attribute
from fastdiag.collectors.contradictions import contradictions
from fastdiag.collectors.gather import Gathered
from fastdiag.model.doubt import Doubt, united, weighed
from fastdiag.model.signal import Catalogue, Missing, Reading, Reason
from fastdiag.model.target import DEFAULT_WINDOW_S, Target

REASONS: Final = tuple(Reason)
"""In the order of usefulness: of several reasons for one missing signal the first is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One reading or one reason of every signal; ``also`` are the readings of other sources.

    ``doubts`` say by what metrics mislead; the readings concerned carry it as their bias.
    """

    readings: Mapping[str, Reading]
    also: tuple[Reading, ...]
    missing: Mapping[str, Missing]
    doubts: tuple[Doubt, ...] = ()


def choose(
    gathered: Sequence[Gathered],
    catalogue: Catalogue,
    *,
    window_s: float = DEFAULT_WINDOW_S,
    slow_s: float = Target().slow_s,
) -> Chosen:
    """Return the best of what all sources brought, and what follows from it (see ``attribution``).

    What the sources doubt, and where they contradict each other, is known before one of them is chosen.
    """
    told = [reading for source in gathered for reading in source.readings.values()]
    found = contradictions(told, window_s=window_s, slow_s=slow_s)
    doubts = united((*(doubt for source in gathered for doubt in source.doubts), *found))
    best, also = _best([weighed(reading, doubts) for reading in told], catalogue)
    attributed = attribute(best, catalogue)
    readings = best | {name: value for name, value in attributed.items() if isinstance(value, Reading)}
    unattributed = {name: value for name, value in attributed.items() if isinstance(value, Missing)}
    return Chosen(
        readings=readings,
        also=also,
        missing=_missing(gathered, catalogue, readings) | unattributed,
        doubts=doubts,
    )


def _best(
    readings: Iterable[Reading], catalogue: Catalogue
) -> tuple[dict[str, Reading], tuple[Reading, ...]]:
    """Return the best reading of every signal, and the others: a trusted one before a biased one."""
    ordered = sorted(readings, key=partial(_preference, catalogue))
    best: dict[str, Reading] = {}
    also: list[Reading] = []
    for reading in ordered:
        if reading.signal in best:
            also.append(reading)
        else:
            best[reading.signal] = reading
    return dict(sorted(best.items())), tuple(also)


def _preference(catalogue: Catalogue, reading: Reading) -> tuple[str, bool, int]:
    place = _place(catalogue.signals[reading.signal].collectors, reading.source)
    return reading.signal, not reading.is_trusted, place


def _place(collectors: Sequence[str], name: str) -> int:
    """Return the place of a source in the order of preference; behind all others where it has none."""
    return collectors.index(name) if name in collectors else len(collectors)


def _missing(
    gathered: Iterable[Gathered], catalogue: Catalogue, readings: dict[str, Reading]
) -> dict[str, Missing]:
    """Return why each signal without a reading is missing: of several reasons the most useful one."""
    sources = list(gathered)
    reasons: dict[str, Missing] = {}
    for signal in catalogue.signals.values():
        if signal.id in readings or signal.formula:
            continue
        asked = [source for source in sources if signal.id in source.missing]
        asked.sort(key=lambda source: _place(signal.collectors, source.state.name))  # who knows best tells
        given = [source.missing[signal.id] for source in asked]
        unasked = Missing(Reason.NOT_CONFIGURED, f"not asked: {', '.join(signal.collectors)}")
        reasons[signal.id] = min(given, key=lambda why: REASONS.index(why.reason), default=unasked)
    return reasons
