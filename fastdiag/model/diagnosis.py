"""The outcome: symptoms that hold, ranked causes with their evidence ledger, next checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from fastdiag.model.rule import Check, Fix, Kind, Severity
from fastdiag.model.snapshot import Snapshot


class Status(StrEnum):
    """The state of the service, as far as it could be seen."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    INCONCLUSIVE = "inconclusive"


class Verdict(IntEnum):
    """How likely a cause is, in words; ordered, so that `at_least` can compare."""

    RULED_OUT = 0
    UNLIKELY = 1
    POSSIBLE = 2
    LIKELY = 3
    VERY_LIKELY = 4

    @property
    def words(self) -> str:
        """Return the verdict as people read it: `very likely`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One evidence row or symptom condition as it was found.

    when      the condition as written
    said      the same with the numbers that were seen: `db.pool.utilization 100% >= 95%`
    log_odds  natural logarithm of P(fact | cause) / P(fact | nothing); 0 for an unknown one
    signals   values of the signals that it quotes, None where missing
    reasons   for an unknown fact: why each missing signal is missing
    """

    because: str
    when: str
    said: str
    log_odds: float
    signals: Mapping[str, float | None]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomFound:
    """A symptom that holds."""

    id: str
    title: str
    severity: Severity
    means: str
    evidence: tuple[str, ...]
    observed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCause:
    """A cause that is at least possible.

    probability  marginal probability that the cause is at work, as root or as consequence
    root         probability that it is at work and nothing else found here drives it: the ranking
    low, high    lowest and highest root over everything that the unknown evidence could still say
    driven_by    id of the cause above it of which it is most likely a consequence
    unproven     no live incident has shown its rule to be right yet
    """

    rank: int
    id: str
    kind: Kind
    title: str
    why: str
    probability: float
    root: float
    low: float
    high: float
    verdict: Verdict
    explains: tuple[str, ...]
    driven_by: str | None
    supports: tuple[Fact, ...]
    contradicts: tuple[Fact, ...]
    unknown: tuple[Fact, ...]
    check: tuple[Check, ...]
    fix: Fix | None
    references: tuple[str, ...]
    unproven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A cause of the table that is not listed, and why (for -v and for examples)."""

    id: str
    title: str
    probability: float
    root: float
    verdict: Verdict
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCheck:
    """A signal worth obtaining: what to run, what it is expected to tell (bits), what it costs (s)."""

    signal: str
    title: str
    run: str
    gain_bits: float
    cost_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that is said about one snapshot. Every screen and file derives from this."""

    snapshot: Snapshot
    status: Status
    conclusive: bool
    symptoms: tuple[SymptomFound, ...]
    unknown_symptoms: tuple[str, ...]
    causes: tuple[RankedCause, ...]
    others: tuple[Assessment, ...]
    next_checks: tuple[NextCheck, ...]
    unseen: tuple[str, ...]  # core signals that were not seen: why a service is not called healthy
