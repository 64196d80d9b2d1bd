"""One look: ask the sources that are at home, judge what they say, hand it to the flight recorder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from fastdiag import pipeline
from fastdiag.config import Settings
from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis, SymptomFound
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.pipeline import Table
from fastdiag.recorder import Declined, Recorder, Recording, Refusal, Trigger
from fastdiag.redact import Redactor
from fastdiag.watch.looker import Progress, Taken

_ERRAND: Final = "collect-"
"""How the threads of ``gather`` are called, each after its source."""
STILL_OUT: Final = "no answer since an earlier look; it is asked again when that one has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSymptoms:
    """Which symptoms the flight recorder waits for; all of them when none is named."""

    recorder: Recorder
    symptoms: frozenset[str] = frozenset()

    def record(self, diagnosis: Diagnosis) -> tuple[str, ...]:
        """Let the recorder keep the snapshot in which such a symptom holds; return what came of it."""
        holding = (one for one in diagnosis.symptoms if not self.symptoms or one.id in self.symptoms)
        return tuple(sentence for symptom in holding for sentence in self._consider(symptom, diagnosis))

    def _consider(self, symptom: SymptomFound, diagnosis: Diagnosis) -> Iterator[str]:
        trigger = Trigger.symptom(symptom.id, symptom.title)
        try:
            outcome = self.recorder.consider(trigger, lambda: diagnosis)
        except FastdiagError as error:  # its directory has gone
            yield f"{symptom.id} was not recorded: {error.message}"
            return
        match outcome:
            case Recording(file=file, troubles=troubles):
                yield f"{symptom.id}: {file.name}"
                yield from troubles
            case Declined(refusal=Refusal.FAILED, said=said):
                yield f"{symptom.id} was not recorded: {said}"
            case Declined():
                pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Takes looks with the same settings and rules; ``recording`` keeps those that show a symptom."""

    settings: Settings
    table: Table
    recording: OnSymptoms | None = None

    def __call__(self, progress: Progress) -> Taken:
        """Look once.

        Raises:
            FastdiagError: the service cannot be looked for, or no source has come home from earlier looks.

        """
        out = still_out()
        asked = tuple(name for name in self.settings.sources if name not in out)
        if not asked:
            raise FastdiagError("no source has come home from an earlier look")
        outcome = pipeline.snapshot(replace(self.settings, sources=asked), progress, table=self.table)
        diagnosis = _with_absentees(outcome.diagnosis, [n for n in self.settings.sources if n in out])
        records = self.recording.record(diagnosis) if self.recording else ()
        mask = Redactor.of(self.settings.secrets)
        return Taken(
            diagnosis=diagnosis,
            notes=tuple(map(mask.text, outcome.notes)),
            records=tuple(map(mask.text, records)),
        )


def still_out() -> frozenset[str]:
    """Return the sources whose thread was abandoned at an earlier deadline and has not ended yet.

    They are not asked again, so that however long a server hangs, one thread waits for it and not hundreds.
    """
    names = (thread.name for thread in threading.enumerate())
    return frozenset(name.removeprefix(_ERRAND) for name in names if name.startswith(_ERRAND))


def _with_absentees(diagnosis: Diagnosis, names: list[str]) -> Diagnosis:
    """Return the diagnosis with the sources that were not asked among those that failed."""
    absent = tuple(SourceState(name=name, status=SourceStatus.FAILED, error=STILL_OUT) for name in names)
    snapshot = diagnosis.snapshot
    return replace(diagnosis, snapshot=replace(snapshot, sources=(*snapshot.sources, *absent)))
