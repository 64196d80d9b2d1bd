"""What the flight recorder speaks of: triggers, recordings, and why something is not recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What asks for a snapshot.

    name  a word for the name of the file: the alert's or the symptom's; any text will do
    keys  what the same troubles have in common when they come again: the fingerprints of alerts
    why   one sentence for people; foreign text, which is masked and disarmed where it is kept
    """

    occasion: Occasion
    name: str
    keys: tuple[str, ...]
    why: str

    @classmethod
    def symptom(cls, id_: str, title: str) -> Trigger:
        """Return the trigger of a symptom that holds."""
        return cls(occasion=Occasion.SYMPTOM, name=id_, keys=(f"symptom {id_}",), why=title)


class Refusal(StrEnum):
    """Why there is no snapshot of a trigger's own. The values are the words of index, answers and metrics."""

    BUSY = "busy"  # one is being taken right now, and covers it
    RECENT = "recent"  # one was taken a moment ago, and covers it
    REPEATED = "repeated"  # the same trigger has its snapshot
    BUDGET = "budget"  # enough for this hour
    FAILED = "failed"  # it could not be taken, or not be kept

    @property
    def is_covered(self) -> bool:
        """Whether the moment is on record all the same."""
        return self in {Refusal.BUSY, Refusal.RECENT, Refusal.REPEATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A snapshot that was taken and kept.

    file      its snapshot, for `fastdiag diagnose FILE`
    troubles  what did not go well afterwards, in sentences: a channel that failed, an index that is full
    """

    trigger: Trigger
    file: Path
    diagnosis: Diagnosis
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A trigger without a snapshot of its own.

    said     why, in a sentence
    again_s  in how many seconds the same trigger would be taken; None where time does not mend it
    """

    trigger: Trigger
    refusal: Refusal
    said: str
    again_s: float | None = None
