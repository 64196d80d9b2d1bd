"""What an incident is, and what came of it."""

import enum
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.incidents.deployments import Deployment
from tests.incidents.stage import Stage
from tests.stack.load import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Whether a fault has manifested, by measurements that fastdiag has no part in."""

    holds: bool
    measured: str


class Tier(enum.Enum):
    """When an incident runs."""

    EVERY_RUN = "every run"
    ON_REQUEST = "on request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A service, its users, one fault, and how to tell without fastdiag that the fault has manifested."""

    name: str
    cause: str | None  # id of the cause that is true; None: the service is healthy
    story: str
    deployment: Deployment
    traffic: tuple[Route, ...]
    fault: Callable[[Stage], AbstractContextManager[object]]
    manifested: Callable[[Stage], Confirmation]
    # Causes that are true as well, because the fault brings them about: they have to stand below the root.
    consequences: frozenset[str] = frozenset()
    # Causes that are just as true: either may stand above the other.
    also_true: frozenset[str] = frozenset()
    manifests_within_s: float = 40.0
    tier: Tier = Tier.EVERY_RUN


class Sources(enum.Enum):
    """What fastdiag may look at; the value heads a column of the table of results."""

    ALL = "all sources"
    PROCESSES_AND_POSTGRES = "process table + PostgreSQL"
    PROCESSES = "process table alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCause:
    """One line of fastdiag's ranking."""

    rank: int
    id: str
    verdict: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the public command said about one incident with some sources."""

    sources: Sources
    status: str
    causes: tuple[RankedCause, ...]
    seconds: float

    @property
    def top(self) -> RankedCause | None:
        """The cause ranked first."""
        return self.causes[0] if self.causes else None

    def rank_of(self, cause: str) -> int | None:
        """Rank of a cause, or None when it is not listed."""
        return next((listed.rank for listed in self.causes if listed.id == cause), None)

    def __str__(self) -> str:
        listed = ", ".join(f"{cause.id} {cause.verdict} {cause.probability:.2f}" for cause in self.causes)
        return f"{self.status}; {listed or 'no cause'}; {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One incident: how it was confirmed, and what fastdiag said with which sources."""

    incident: Incident
    confirmed: Confirmation
    manifested_after_s: float
    answers: Mapping[Sources, Answer]
