"""What changed between two snapshots of a service: causes first, then symptoms, then signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastdiag.model.diagnosis import Diagnosis, Verdict
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import SourceStatus

Values = tuple[float | None, float | None]
"""A signal's service-wide value before and after; None where there is none."""


class Trend(StrEnum):
    """Which way the service went, as far as both snapshots tell."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"  # neither better nor worse, and for another reason than before
    SAME = "same"
    UNKNOWN = "unknown"  # one of them saw too little


class Move(StrEnum):
    """What became of something that may hold."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a cause stood in one snapshot.

    probability  that it is at work, as root or as consequence
    root         that it is, and nothing else found there drives it
    """

    probability: float
    root: float
    verdict: Verdict
    driven_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """An evidence row of a cause that says something else than before.

    was, is_     whether its condition held; None where it could not be seen
    log_odds     what it says for the cause, before and after; 0 for an unknown one
    signals      the values that it quotes
    """

    because: str
    when: str
    was: bool | None
    is_: bool | None
    log_odds: tuple[float, float]
    signals: Mapping[str, Values]

    @property
    def push(self) -> float:
        """By how much it moved the cause, as a difference of log odds."""
        before, after = self.log_odds
        return 0.0 if before == after else after - before  # two rule-outs are no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseChange:
    """A cause that stands elsewhere than before, and what moved it, the strongest first."""

    id: str
    title: str
    kind: Kind
    before: Standing
    after: Standing
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomChange:
    """A symptom that holds in one snapshot or both."""

    id: str
    title: str
    move: Move


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalChange:
    """A signal that was seen both times and differs.

    crossed  comparisons of the rule table that came true, and those that ceased to be
    doubt    why one of both values must not be trusted fully
    """

    id: str
    title: str
    unit: Unit
    before: float
    after: float
    came_true: tuple[str, ...] = ()
    ceased: tuple[str, ...] = ()
    doubt: str | None = None

    @property
    def crossed(self) -> bool:
        """Whether the rule table judges it otherwise than before."""
        return bool(self.came_true or self.ceased)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """A source that fared otherwise than before; None where a snapshot does not have it."""

    name: str
    before: SourceStatus | None
    after: SourceStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Everything that is said about two snapshots.

    signals        those that differ, the most telling first
    only_before, only_after  signals that were seen once only: what they say is no change of the service
    notes          why the two may not be comparable
    """

    before: Diagnosis
    after: Diagnosis
    trend: Trend
    causes: tuple[CauseChange, ...]
    symptoms: tuple[SymptomChange, ...]
    signals: tuple[SignalChange, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    sources: tuple[SourceChange, ...]
    notes: tuple[str, ...]
