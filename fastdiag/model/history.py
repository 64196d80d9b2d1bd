"""What is kept of earlier diagnoses: runs, marks on the timeline, and what recurs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.rule import Kind


class Occasion(StrEnum):
    """Why a snapshot was taken."""

    REPORT = "report"
    WATCH = "watch"
    ALERT = "alert"
    SYMPTOM = "symptom"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseSeen:
    """A cause as a run found it: at least possible, or it is not kept."""

    id: str
    title: str
    kind: Kind
    rank: int
    probability: float
    root: float
    verdict: Verdict
    driven_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One kept diagnosis.

    id        number within its history; 0 before it is kept
    taken_at  UTC, ISO 8601 with a trailing Z: the moment of the snapshot
    signals   service-wide value of every signal that was seen; one that is not here was not seen
    sources   status of each source, by its name
    """

    id: int = 0
    host: str
    service: str
    taken_at: str
    occasion: Occasion
    status: Status
    conclusive: bool
    symptoms: tuple[str, ...]
    causes: tuple[CauseSeen, ...]
    signals: Mapping[str, float]
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event that a person or a pipeline put on the timeline: "deploy v1.2"."""

    id: int = 0
    service: str | None  # None concerns every service
    at: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """How often a cause was found at least likely, and since when.

    runs      runs in which it was
    of        runs that could have told: neither inconclusive nor without sources
    episodes  uninterrupted stretches of runs in which it was
    flapping  it comes and goes faster than anybody repairs it (see engine/recurrence.py)
    last_mark the last mark before its latest episode began
    """

    id: str
    title: str
    first_seen: str
    last_seen: str
    runs: int
    of: int
    episodes: int
    flapping: bool
    is_present: bool
    last_mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a report knows of the time before it.

    runs     of this service, the newest first, without the present one
    trouble  why the history could not be read or written; None when all went well
    """

    runs: tuple[Run, ...] = ()
    marks: tuple[Mark, ...] = ()
    recurrences: tuple[Recurrence, ...] = ()
    where: str | None = None
    trouble: str | None = None
