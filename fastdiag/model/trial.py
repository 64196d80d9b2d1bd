"""What became of trials: of examples and scenarios, of the rows that they decide, of changed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fastdiag.model.diagnosis import Fact, Status, Verdict
from fastdiag.model.example import Expectation
from fastdiag.model.rule import Condition, Evidence, Severity
from fastdiag.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One situation to try: an example of a cause, or a scenario.

    cause    whose example it is; None for a scenario
    symptoms those that must hold, and no others; None where they do not matter
    ranking  the causes that must come first, in this order
    expect   what single causes must come to
    where    file:line:column
    """

    name: str
    cause: str | None
    snapshot: Snapshot
    status: Status | None = None
    symptoms: tuple[str, ...] | None = None
    ranking: tuple[str, ...] = ()
    expect: Mapping[str, Expectation] = field(default_factory=dict)
    where: str = ""

    @property
    def concerns(self) -> frozenset[str]:
        """Return the causes of which it says something."""
        return frozenset((*self.ranking, *self.expect, *((self.cause,) if self.cause else ())))

    @property
    def label(self) -> str:
        """Return what it is called where many are listed: `db-pool-exhaustion: full pool with a queue`."""
        return f"{self.cause or 'scenario'}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One expectation that is not met: of the status, of the symptoms, or of a cause."""

    about: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.got}, expected {self.expected}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a cause came to in a trial: its place, how likely it is at work and as the root, its ledger."""

    cause: str
    rank: int | None
    verdict: Verdict
    probability: float
    root: float
    supports: tuple[Fact, ...]
    contradicts: tuple[Fact, ...]
    unknown: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a case; ``differences`` is empty when it met what was expected.

    status    as the table has it
    symptoms  those that hold
    ranking   the causes that are listed, the first one first
    verdicts  of the causes concerned; LIKELY stands for VERY_LIKELY, too, where the case leaves that open
    accounts  where something differs: of the causes concerned, and of those that took their places
    true      keys of the conditions of evidence that hold, and in ``false`` of those that do not
    seconds   of work, whatever else the machine did
    """

    differences: tuple[Difference, ...]
    status: Status
    symptoms: tuple[str, ...]
    ranking: tuple[str, ...]
    verdicts: Mapping[str, Verdict]
    accounts: tuple[Account, ...]
    true: frozenset[str]
    false: frozenset[str]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of evidence: whose it is, on which side it stands, and behind how many others there."""

    cause: str
    is_for: bool
    index: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSeen:
    """How many of the cases that concern its cause find a row true, and how many false."""

    row: Row
    true: int
    false: int

    @property
    def is_decided(self) -> bool:
        """Whether any case decides it at all."""
        return bool(self.true or self.false)


class Change(StrEnum):
    """What is done to a part of the table, to see whether anybody notices."""

    FLIPPED = "flipped"
    HEAVIER = "heavier"
    LIGHTER = "lighter"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A table with one row of evidence changed. ``evidence`` is what it becomes; None where it is dropped."""

    row: Row
    change: Change
    evidence: Evidence | None
    said: str

    @property
    def where(self) -> str:
        """Return file:line:column of what is changed."""
        return self.row.evidence.where


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomMutant:
    """A table with one condition of a symptom changed.

    level    the severity that the condition decides; None where it decides whether the symptom holds
    before   the condition as the table has it
    after    what it becomes; None where it is dropped
    where    file:line:column of the symptom
    """

    symptom: str
    level: Severity | None
    change: Change
    before: Condition
    after: Condition | None
    said: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeMutant:
    """A table in which a cause is no longer driven by another. ``where`` is that of the cause."""

    cause: str
    driver: str
    where: str
    change: Change = Change.DROPPED

    @property
    def said(self) -> str:
        """Return what is left out."""
        return f"driven_by: {self.driver}"


AnyMutant = Mutant | SymptomMutant | EdgeMutant


class Fate(StrEnum):
    """What became of a change."""

    NOTICED = "noticed"
    SURVIVED = "survived"
    UNTRIED = "untried"  # the time was up


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantTried:
    """A change of the table, and the case that noticed.

    concerned  in how many cases the change can show at all; of one that was noticed, up to that case
    """

    mutant: AnyMutant
    fate: Fate
    noticed_by: str | None = None
    concerned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Everything that a run found; what was not asked for is None."""

    cases: tuple[tuple[Case, Tried], ...]
    coverage: tuple[RowSeen, ...] | None = None
    mutants: tuple[MutantTried, ...] | None = None

    @property
    def failed(self) -> tuple[tuple[Case, Tried], ...]:
        """Return the cases in which something differs."""
        return tuple((case, tried) for case, tried in self.cases if tried.differences)

    @property
    def undecided(self) -> tuple[RowSeen, ...]:
        """Return the rows that no case decides."""
        return tuple(seen for seen in self.coverage or () if not seen.is_decided)

    @property
    def survivors(self) -> tuple[MutantTried, ...]:
        """Return the changes that nobody noticed."""
        return tuple(one for one in self.mutants or () if one.fate is Fate.SURVIVED)
