"""A snapshot: everything that was seen at one moment, as plain data that can be saved and replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Missing, Reading


class SourceStatus(StrEnum):
    """How a source fared."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How one source fared: what it was, what it yielded, what it cost, what to do if it did not.

    target   what was asked (a URL, a DSN without its password, process ids)
    seconds  wall time until it ended or was abandoned
    requests statements or HTTP requests that it sent
    """

    name: str
    status: SourceStatus
    target: str | None = None
    readings: int = 0
    seconds: float = 0.0
    requests: int = 0
    error: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All readings, every missing signal with its reason, and the state of each source.

    parameters  the rule parameters in force when it was taken (the user's objectives), as written
    also        readings of other sources for the same signal: kept, shown on request, not used
    taken_at    UTC, ISO 8601 with a trailing Z
    """

    service: str
    taken_at: str
    window_s: float
    readings: Mapping[str, Reading]
    missing: Mapping[str, Missing]
    sources: tuple[SourceState, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Reading, ...] = ()
    observed: tuple[str, ...] = ()  # symptoms a person reported
    fastdiag: str = ""
    doubts: tuple[Doubt, ...] = ()  # by which the metrics mislead; the readings concerned carry it as bias
