"""A clock that a test moves, and diagnoses of one service at its moments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Occasion
from fastdiag.model.moment import iso_of
from fastdiag.model.record_limits import Limits
from fastdiag.recorder import Declined, Recorder, Recording, Trigger
from tests.render.diagnoses import POOL_DRAINED

NIGHT = 1_795_403_640.0
"""2026-11-23T03:14:00Z."""


@dataclass
class Night:
    """One night with a recorder: time passes only when the test says so."""

    recorder: Recorder
    now: float
    looks: int = 0

    def fires(self, *names: str) -> Recording | Declined:
        """Let alerts of these names fire, in one notification."""
        return self.recorder.consider(alert(*names), self.look)

    def look(self) -> Diagnosis:
        """Take a snapshot."""
        self.looks += 1
        return diagnosis(self.now)

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def files(self) -> list[str]:
        """Return the names of the snapshots, as `ls` sorts them."""
        return sorted(path.name for path in self.recorder.directory.glob("*.json"))


def night(folder: Path, limits: Limits | None = None) -> Night:
    """Begin a night with an empty or a used directory."""
    made: list[Night] = []
    recorder = Recorder(folder, limits, clock=lambda: made[0].now)
    made.append(Night(recorder, NIGHT))
    return made[0]


def alert(*names: str) -> Trigger:
    """Return the trigger of firing alerts."""
    keys = tuple(f"alert {name}" for name in names)
    return Trigger(occasion=Occasion.ALERT, name=names[0], keys=keys, why=f"{names[0]}: it is slow")


def diagnosis(at: float) -> Diagnosis:
    """Return a diagnosis of that moment."""
    return replace(POOL_DRAINED, snapshot=replace(POOL_DRAINED.snapshot, taken_at=iso_of(at)))
