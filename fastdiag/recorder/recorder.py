"""Taking snapshots when something asks for them: at that moment, one at a time, within limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.record_limits import Limits
from fastdiag.recorder.admission import admit
from fastdiag.recorder.index import Entry, Index, entry_of, failure_of
from fastdiag.recorder.recording import Declined, Recording, Refusal, Trigger
from fastdiag.recorder.shelf import Shelf, Stored

Take = Callable[[], Diagnosis]
"""Takes the snapshot and judges it; what is at hand already may simply be returned."""
Send = Callable[[Recording], Sequence[str]]
"""Passes a recording on (notify, history) and returns what did not work, in sentences."""


def _to_nobody(_recording: Recording) -> Sequence[str]:
    return ()


class Recorder:
    """Keeps snapshots in one directory, which belongs to one service.

    Several processes may share it: one of them takes at a time, and what was taken is read from the directory
    each time, so that the limits hold for all of them and across restarts.
    """

    def __init__(
        self,
        directory: Path,
        limits: Limits | None = None,
        *,
        send: Send = _to_nobody,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open a directory, which is made where there is none. Raise FastdiagError when it cannot be used."""
        self.limits = limits or Limits()
        self._shelf = Shelf(directory)
        self._shelf.open()
        self._index = Index(directory)
        self._send = send
        self._clock = clock

    @property
    def directory(self) -> Path:
        """Where the snapshots are."""
        return self._shelf.directory

    def would(self, trigger: Trigger) -> Declined | None:
        """Return why a trigger would be declined now, or None: nothing is taken."""
        return admit(trigger, self._index.entries(), self.limits, self._clock())

    def consider(self, trigger: Trigger, take: Take) -> Recording | Declined:
        """Take a snapshot for a trigger and keep it, unless the limits say no; then pass it on.

        What cannot be taken or kept is declined with the reason, and counts like one that was taken: sources
        that fail are not asked again and again. Only a defect raises.
        """
        try:
            with self._shelf.lock() as is_ours:
                outcome = self._considered(trigger, take) if is_ours else _busy(trigger)
        except FastdiagError as error:  # of the directory
            return Declined(trigger=trigger, refusal=Refusal.FAILED, said=error.message)
        return self._passed_on(outcome) if isinstance(outcome, Recording) else outcome

    def tidy(self) -> int:
        """Remove what is too old by now. Return how many snapshots went. Raise FastdiagError if one stays."""
        with self._shelf.lock() as is_ours:
            return self._tidy() if is_ours else 0

    def trouble(self) -> str | None:
        """Return why nothing can be recorded now, or None."""
        try:
            self._shelf.open()
        except FastdiagError as error:
            return error.message
        return None

    def entries(self) -> tuple[Entry, ...]:
        """Return what was taken and why, the oldest first."""
        return self._index.entries()

    def stored(self) -> tuple[Stored, ...]:
        """Return the snapshots that are there, the oldest first."""
        return self._shelf.stored()

    def _considered(self, trigger: Trigger, take: Take) -> Recording | Declined:
        declined = self.would(trigger)
        if declined is not None:
            return declined
        began = self._clock()
        try:
            diagnosis = take()
            file = self._shelf.put(diagnosis.snapshot, trigger, began, self.limits)
        except FastdiagError as error:
            self._note(failure_of(trigger, began, error.message))
            return Declined(
                trigger=trigger, refusal=Refusal.FAILED, said=error.message, again_s=self.limits.gap_s
            )
        troubles = (*self._note(entry_of(trigger, began, file, diagnosis)), *self._swept())
        return Recording(trigger=trigger, file=file, diagnosis=diagnosis, troubles=troubles)

    def _note(self, entry: Entry) -> Sequence[str]:
        """Put an entry into the index. Return what went wrong: the snapshot itself is kept all the same."""
        try:
            self._index.add(entry)
        except FastdiagError as error:
            return (error.message,)
        return ()

    def _swept(self) -> Sequence[str]:
        try:
            self._tidy()
        except FastdiagError as error:
            return (error.message,)
        return ()

    def _tidy(self) -> int:
        now = self._clock()
        gone = self._shelf.prune(self.limits, now)
        there = {one.path.name for one in self._shelf.stored()}
        self._index.forget(there, now - self.limits.memory_s)
        return gone

    def _passed_on(self, recording: Recording) -> Recording:
        try:
            troubles = tuple(self._send(recording))
        except FastdiagError as error:
            troubles = (str(error),)
        return replace(recording, troubles=(*recording.troubles, *troubles))


def _busy(trigger: Trigger) -> Declined:
    return Declined(
        trigger=trigger, refusal=Refusal.BUSY, said="a snapshot is being taken right now, and covers it"
    )
