"""The cases that are counted: recorded live incidents, and public ones translated."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.snapshot_file import load
from tests.incidents.model import Incident
from tests.incidents.public import public_cases
from tests.incidents.recorded import snapshot_file
from tests.incidents.registry import every_incident
from tests.incidents.truth import Truth, is_held_back, truth_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One snapshot, and what is true of it.

    held_back  no rule may be tuned on it
    """

    name: str
    truth: Truth
    snapshot: Snapshot
    held_back: bool = False

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong with the service."""
        return not self.truth.roots

    @property
    def is_single_fault(self) -> bool:
        """Whether exactly one fault was injected."""
        return len(self.truth.roots) == 1


def live_cases(catalogue: Catalogue, folder: Path) -> list[Case]:
    """Return the live incidents of which there is a recording, by name."""
    files = [(incident, snapshot_file(incident.name, folder)) for incident in every_incident()]
    return [case_of(incident, file, catalogue) for incident, file in files if file.exists()]


def case_of(incident: Incident, snapshot: Path, catalogue: Catalogue) -> Case:
    """Return the case that an incident and a snapshot of it make."""
    return Case(
        name=incident.name,
        truth=truth_of(incident),
        snapshot=load(snapshot, catalogue),
        held_back=is_held_back(incident.name),
    )


def reported_cases(catalogue: Catalogue) -> Iterator[Case]:
    """Yield the public incidents whose cause the table knows; blind spots are listed elsewhere."""
    for report in public_cases(catalogue):
        if report.blind_spot is None:
            truth = Truth(roots=report.causes[:1], consequences=report.also | frozenset(report.causes[1:]))
            yield Case(name=report.name, truth=truth, snapshot=report.snapshot)
