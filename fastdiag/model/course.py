"""How signals went over time: what charts are drawn from, and in which a sequence of failure shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fastdiag.model.quantity import Unit


class Told(StrEnum):
    """Who remembers."""

    PROMETHEUS = "prometheus"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One signal over time, service-wide.

    points     (moment in seconds since the epoch, value); None where nothing was seen: a gap, never zero
    threshold  what the rule table calls too much of it, as far as it says so in one number
    """

    signal: str
    title: str
    unit: Unit
    points: tuple[tuple[float, float | None], ...]
    told: Told
    threshold: float | None = None


class Stage(StrEnum):
    """The classic sequence in which a service with a hidden limit fails (field guide, section 3)."""

    TRAFFIC_UP = "traffic goes up"
    LATENCY_CREEPS = "latency creeps up"
    TIMEOUTS_APPEAR = "timeouts appear"
    CPU_FLAT = "the CPU stays flat"
    POOL_EMPTY = "the pool is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stage that was recognised: when, on which signal, and what its numbers said."""

    stage: Stage
    at: float
    signal: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSequence:
    """Stages in the order in which they came; `unseen` are those whose signal nobody told."""

    steps: tuple[Step, ...]
    unseen: tuple[Stage, ...] = ()
