"""Between the receiver, whose answers do not wait, and the recorder, which takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from fastdiag.errors import FastdiagError
from fastdiag.model.record_limits import Limits
from fastdiag.recorder.recorder import Recorder, Send, Take
from fastdiag.recorder.recording import Declined, Recording, Refusal, Trigger

Told = Callable[[Recording | Declined], None]
TIDY_S: Final = 3600.0
"""How often what has grown too old is removed, whether anything fires or not."""
MAX_SENDING: Final = 8
"""Recordings that may be on their way at the same time; a channel that hangs holds up no more."""


class Desk:
    """Accepts triggers and has them recorded, one at a time, in a thread of their own.

    take  takes and judges a snapshot
    send  passes a recording on; the next snapshot does not wait for it
    told  hears what became of each trigger
    """

    def __init__(self, directory: Path, limits: Limits, *, take: Take, send: Send, told: Told) -> None:
        """Open the directory. Raise FastdiagError when it cannot be used."""
        self.recorder = Recorder(directory, limits, send=self._sent)
        self._take, self._send, self._told = take, send, told
        self._guard = threading.Lock()
        self._taken_for: Trigger | None = None
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._tidy, name="fastdiag-tidy", daemon=True).start()

    def offer(self, trigger: Trigger) -> Declined | None:
        """Have a snapshot taken and return None at once, or return why none will be."""
        with self._guard:
            declined = self._obstacle(trigger) or self.recorder.would(trigger)
            if declined is None:
                self._taken_for = trigger
                self._start(trigger)
        if declined is not None:
            self._told(declined)
        return declined

    def close(self, within_s: float) -> bool:
        """Accept nothing more and wait for what is under way. Return whether it was finished in time."""
        with self._guard:
            self._end.set()
            threads = list(self._threads)
        deadline = time.monotonic() + within_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _obstacle(self, trigger: Trigger) -> Declined | None:
        if self._end.is_set():
            return Declined(trigger=trigger, refusal=Refusal.FAILED, said="the receiver is being stopped")
        if self._taken_for is not None:
            said = "a snapshot is being taken right now, and covers it"
            return Declined(trigger=trigger, refusal=Refusal.BUSY, said=said)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= MAX_SENDING:
            said = f"{MAX_SENDING} recordings are still being sent"
            return Declined(trigger=trigger, refusal=Refusal.BUDGET, said=said, again_s=60.0)
        return None

    def _tidy(self) -> None:
        while True:
            with suppress(FastdiagError):  # what cannot be removed is told when the next one is recorded
                self.recorder.tidy()
            if self._end.wait(TIDY_S):
                return

    def _start(self, trigger: Trigger) -> None:
        thread = threading.Thread(target=self._run, args=(trigger,), name="fastdiag-recorder", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, trigger: Trigger) -> None:
        outcome: Recording | Declined
        try:
            outcome = self.recorder.consider(trigger, self._take)
        except Exception as error:  # noqa: BLE001 - the last resort of a thread: no traceback reaches a user
            said = f"internal error: {type(error).__name__}: {error}"
            outcome = Declined(trigger=trigger, refusal=Refusal.FAILED, said=said)
        self._is_taken(trigger)
        self._told(outcome)

    def _sent(self, recording: Recording) -> Sequence[str]:
        self._is_taken(recording.trigger)  # it is on disk; what follows holds nobody up
        return self._send(recording)

    def _is_taken(self, trigger: Trigger) -> None:
        with self._guard:
            if self._taken_for is trigger:  # and not the next one already
                self._taken_for = None
