"""Many snapshots as one view: who fares how and why, who stands out, and what makes them hard to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastdiag.model.diagnosis import Diagnosis, RankedCause, Status, Verdict
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Kind
from fastdiag.model.signal import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One snapshot, judged. ``name`` tells it apart: the host, as the file is called."""

    name: str
    diagnosis: Diagnosis

    @property
    def likely(self) -> tuple[RankedCause, ...]:
        """The failures that are at least likely there, by rank."""
        causes = self.diagnosis.causes
        return tuple(one for one in causes if one.kind is Kind.FAILURE and one.verdict >= Verdict.LIKELY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A snapshot that could not be read: why, where, and what to do."""

    name: str
    error: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Members that fare alike: the same status, and the same cause named first.

    cause, title   of the failure that is at least likely and ranks first; None where there is none
    low, high      lowest and highest probability that a member gives it
    """

    status: Status
    cause: str | None
    title: str | None
    low: float
    high: float
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """A failure that is at least likely in some members, whatever ranks before it there."""

    id: str
    title: str
    members: tuple[str, ...]


class Level(StrEnum):
    """What was compared with its peers."""

    HOST = "host"  # the service-wide value of a snapshot
    WORKER = "worker"  # a process within a snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """One that stands out: the member, and the labels of its process where it is one."""

    member: str
    value: float
    labels: Labels = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A signal by which some stand out from their peers, on one side.

    compared  how many had a value, those that stand out included
    median    of all of them
    outliers  the furthest first
    score     distance of the furthest from the median, in robust standard deviations
    crossed   comparisons of the rule table that hold for those that stand out, and not for the median
    """

    signal: str
    title: str
    unit: Unit
    level: Level
    compared: int
    median: float
    outliers: tuple[Outlier, ...]
    score: float
    crossed: tuple[str, ...] = ()

    @property
    def is_high(self) -> bool:
        """Whether they stand out upwards."""
        return self.outliers[0].value > self.median


@dataclass(frozen=True, slots=True, kw_only=True)
class PartlySeen:
    """Signals that ``seen_by`` saw and ``unseen_by`` did not; ``why`` as these say most often."""

    signals: tuple[str, ...]
    seen_by: tuple[str, ...]
    unseen_by: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something in which all should agree: its values, the most common first, and who has each."""

    what: str
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything that is said about several snapshots. Every screen and file derives from this.

    groups       the worst first, and of one status the largest first
    causes       the most frequent first
    oddities     the most telling first
    differences  versions, windows, services, clocks, parameters
    """

    members: tuple[Member, ...]
    unread: tuple[Unread, ...]
    groups: tuple[Group, ...]
    causes: tuple[CauseCount, ...]
    oddities: tuple[Oddity, ...]
    partly: tuple[PartlySeen, ...]
    sources: tuple[Difference, ...]
    differences: tuple[Difference, ...]

    @property
    def status(self) -> Status:
        """The status of the worst member."""
        return self.groups[0].status
