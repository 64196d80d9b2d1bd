"""What an incident is, and what came of it."""

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.incidents.deployments import Deployment
from tests.incidents.needs import Need
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
    QUICK = "quick"  # with `tests/run --live=quick`, too
    ON_REQUEST = "on request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A service, its users, one fault, and how to tell without fastdiag that the fault has manifested.

    cause         id of the cause that is true; None: the service is healthy
    also_true     causes that are just as true (a second fault): either may stand above the other
    consequences  causes that the fault brings about: true, and to stand below the root
    observed      symptoms that a person reports because no metric shows them (`--symptom`)
    config        the text of the service's fastdiag.yaml, such as its objectives; "" for none
    before        how long ago fastdiag finds the time to compare with, when its one hour is too long ago
    warm_up_s     healthy traffic before the fault; 0 for a service that has only just been started
    needs         beyond PostgreSQL and Prometheus, which every stage has
    falls_short   why fastdiag cannot be expected to get it right yet; "" where it has to
    """

    name: str
    cause: str | None
    story: str
    deployment: Deployment
    traffic: tuple[Route, ...]
    fault: Callable[[Stage], AbstractContextManager[object]]
    manifested: Callable[[Stage], Confirmation]
    consequences: frozenset[str] = frozenset()
    also_true: frozenset[str] = frozenset()
    observed: tuple[str, ...] = ()
    config: str = ""
    window: str = "20s"
    before: str = ""
    warm_up_s: float = 12.0
    manifests_within_s: float = 40.0
    needs: frozenset[Need] = frozenset()
    falls_short: str = ""
    tier: Tier = Tier.ON_REQUEST

    @property
    def unmet(self) -> tuple[Need, ...]:
        """What this machine lacks for it."""
        needed = {Need.POSTGRES, Need.PROMETHEUS} | self.needs
        return tuple(need for need in Need if need in needed and not need.is_met)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One incident on stage: how it was confirmed, and what fastdiag saw and said.

    answered_s  seconds that the command took
    said        ids of the causes in the command's own answer, in its order
    """

    incident: Incident
    confirmed: Confirmation
    manifested_after_s: float
    answered_s: float
    said: tuple[str, ...]
    snapshot: Path
