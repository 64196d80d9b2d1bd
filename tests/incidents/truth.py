"""What is true of an incident, and whether rules may be tuned on it."""

import hashlib
from dataclasses import dataclass
from typing import Final

from tests.incidents.model import Incident

SEED: Final = "fastdiag-1"
HELD_BACK_ONE_IN: Final = 3


def is_held_back(name: str) -> bool:
    """Whether an incident is kept back from tuning: a third of the names, chosen once and for all by SEED."""
    digest = hashlib.sha256(f"{SEED}:{name}".encode()).hexdigest()
    return int(digest, 16) % HELD_BACK_ONE_IN == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The causes that were injected, and what they bring about.

    roots         the injected causes, each independent of the others; none where the service is healthy
    consequences  causes that are true as well because a root brings them about
    lacks         causes of kind visibility that are true of the service; None: not established
    """

    roots: tuple[str, ...]
    consequences: frozenset[str] = frozenset()
    lacks: frozenset[str] | None = None

    @property
    def accepted(self) -> frozenset[str]:
        """Every failure that is true."""
        return self.consequences | frozenset(self.roots)


def truth_of(incident: Incident) -> Truth:
    """Return what is true of an incident."""
    first = (incident.cause,) if incident.cause else ()
    return Truth(
        roots=(*first, *sorted(incident.also_true)),
        consequences=incident.consequences,
        lacks=incident.deployment.lacks,
    )
