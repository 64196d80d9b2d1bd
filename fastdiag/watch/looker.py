"""One look at a time, in a thread of its own: the screen answers keys while the sources are out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.redact import Redactor

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a look brought home.

    notes    what a person should know of how it came about
    records  what the flight recorder did, in sentences
    """

    diagnosis: Diagnosis
    notes: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progressed:
    """A look under way tells what it is at."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A look is over; ``outcome`` is what it brought, or why it brought nothing."""

    number: int
    outcome: Taken | Exception


Take = Callable[[Progress], Taken]
Event = Progressed | Ended


class Looker:
    """Runs ``take`` when told to, never twice at once, and posts what comes of it."""

    def __init__(self, take: Take, post: Callable[[Event], None]) -> None:
        self._take = take
        self._post = post
        self._number = 0
        self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """Whether a look is under way."""
        return self._is_busy

    @property
    def number(self) -> int:
        """Return the number of the look that began last; 0 before the first."""
        return self._number

    def start(self) -> None:
        """Begin a look. Raise RuntimeError while one is under way, or when there is no thread for it."""
        if self._is_busy:
            raise RuntimeError("a look is under way")
        self._number += 1
        thread = threading.Thread(target=self._run, args=(self._number,), name="look", daemon=True)
        thread.start()
        self._is_busy = True

    def end(self) -> None:
        """Note that the last look has been received: the next may begin."""
        self._is_busy = False

    def _run(self, number: int) -> None:
        outcome: Taken | Exception
        try:
            outcome = self._take(lambda text: self._post(Progressed(text)))
        except Exception as error:  # noqa: BLE001 - one look that fails must not end the watch
            outcome = error
        self._post(Ended(number, outcome))


def said(error: Exception) -> str:
    """Return why a look told nothing, as one sentence without secrets."""
    if isinstance(error, FastdiagError):
        told = f"{error.message} ({error.hint})" if error.hint else error.message
    else:
        told = f"internal error: {type(error).__name__}: {error}"
    return Redactor.of(()).text(told)
