"""What makes metrics untrustworthy, where it matters to what is said: directly under the headline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Bound
from fastdiag.render.sight import quoted
from fastdiag.render.words import count, listed

TITLE: Final = "Metrics that cannot be trusted"
MAX_NAMED: Final = 2
_SIDES: Final[Mapping[Bound, str]] = {Bound.AT_LEAST: "may be higher", Bound.AT_MOST: "may be lower"}


@dataclass(frozen=True, slots=True)
class Told:
    """The doubts that are told, and how many others there are."""

    doubts: tuple[Doubt, ...]
    others: int

    @property
    def folded(self) -> str | None:
        """The words for those that are not told."""
        if not self.others:
            return None
        lead = "and " if self.doubts else ""
        return f"{lead}{count(self.others, 'doubt')} about what was not used; -v tells"


def told(diagnosis: Diagnosis, *, verbose: bool) -> Told:
    """Return the doubts about readings that the verdict rests on, and about no signal at all; or all."""
    used = quoted(diagnosis)
    everything = diagnosis.snapshot.doubts
    shown = tuple(one for one in everything if verbose or _matters(one, diagnosis, used))
    return Told(shown, len(everything) - len(shown))


def _matters(doubt: Doubt, diagnosis: Diagnosis, used: frozenset[str]) -> bool:
    if not doubt.sources:  # it lessens no reading, but what is broken down or timed by it
        return not doubt.signals or not used.isdisjoint(doubt.signals)
    readings = (diagnosis.snapshot.readings.get(signal) for signal in used)
    return any(reading is not None and doubt.concerns(reading) for reading in readings)


def rest(doubt: Doubt, diagnosis: Diagnosis) -> str:
    """Return which readings weigh less for it, those first that were used, and what to do about it."""
    return "; ".join(filter(None, (_weaker(doubt, diagnosis), doubt.mend)))


def _weaker(doubt: Doubt, diagnosis: Diagnosis) -> str:
    if not doubt.signals or not doubt.sources:
        return ""
    used = quoted(diagnosis)
    names = sorted(doubt.signals, key=lambda name: (name not in used, name))
    side = _SIDES[doubt.bound] if doubt.bound else f"{'weighs' if len(names) == 1 else 'weigh'} less"
    return f"{listed(names, at_most=MAX_NAMED)} {side}"
