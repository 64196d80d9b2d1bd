"""The live screen: waits for looks, keys and signals, and paints what has become of the state."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from signal import SIGCONT, SIGTSTP
from typing import Final

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.watching import Watched
from fastdiag.render.watch.frame import render
from fastdiag.watch import state
from fastdiag.watch.inbox import SHOWN, Inbox, Terminated, stop_here
from fastdiag.watch.keys import Key, KeyReader
from fastdiag.watch.session import Plan, Session
from fastdiag.watch.terminal import Terminal, TerminalGoneError

MAX_WIDTH: Final = 160
"""Longer lines are harder to read, however wide the terminal is; courses may be longer than sentences."""
ESCAPE_WAIT_S: Final = 0.05
"""A terminal sends the rest of a key's sequence within this time, over slow lines too."""

Save = Callable[[Diagnosis], str]
"""Keeps a snapshot, and returns what to tell of that. Raises FastdiagError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """What frames are painted with: whether in colour, and which characters there are."""

    color: bool
    encoding: str


class Nowhere(io.TextIOBase):
    """What libraries say on stderr while the screen is up would tear it."""

    def write(self, text: str, /) -> int:
        """Drop a text."""
        return len(text)


def run(plan: Plan, terminal: Terminal, ink: Ink, save: Save) -> Watched:
    """Watch until all looks are done, or a key or a signal ends it. Return what was watched last.

    Whatever ends it, the terminal is then as it was.

    Raises:
        FastdiagError: the very first look could not be taken.

    """
    inbox = Inbox()
    live = _Live(Session(plan, inbox.post), inbox, terminal, ink, save)
    with inbox.open(SHOWN), redirect_stderr(Nowhere()):
        try:
            with terminal.live():
                live.go_on()
        except (KeyboardInterrupt, Terminated, TerminalGoneError):  # ways to end it, as good as the key
            pass
    return live.session.watched


class _Live:
    """The screen while it is up."""

    def __init__(self, session: Session, inbox: Inbox, terminal: Terminal, ink: Ink, save: Save) -> None:
        self.session = session
        self._inbox = inbox
        self._terminal = terminal
        self._ink = ink
        self._save = save
        self._keys = KeyReader()
        self._is_wanted = True

    def go_on(self) -> None:
        """Look, paint and obey until all looks are done or a key ends it."""
        while self._is_wanted and not self.session.is_over:
            wait_s = self.session.look_if_due()
            self._paint()
            has_keys = self._inbox.wait(
                ESCAPE_WAIT_S if self._keys.is_halfway else wait_s, (self._terminal.reads,)
            )
            self._heed(self._inbox.signals())
            for event in self._inbox.events():
                self.session.receive(event)
            for key in self._keys.feed(self._terminal.read()) if has_keys else self._keys.flush():
                self._obey(key)

    def _paint(self) -> None:
        width, height = self._size
        frame = render(
            self.session.watched,
            width=width,
            height=height,
            color=self._ink.color,
            encoding=self._ink.encoding,
        )
        self._terminal.paint(frame)

    @property
    def _size(self) -> tuple[int, int]:
        columns, lines = self._terminal.size
        return min(columns, MAX_WIDTH), lines

    def _heed(self, signals: frozenset[int]) -> None:
        """Deal with signals; one that only tells of another size needs no more than the next frame."""
        if SIGTSTP in signals:
            self._terminal.leave()
            stop_here()
            self._inbox.signals()  # that it was continued; the next frame is painted in any case
        if signals & {SIGTSTP, SIGCONT}:
            self.session.disown()
            self._terminal.enter()

    def _obey(self, key: Key) -> None:
        width, height = self._size
        self.session.watched = state.pressed(self.session.watched, key, width=width, height=height)
        if key is Key.QUIT:
            self._is_wanted = False
        elif key is Key.SAVE:
            self.session.watched = replace(self.session.watched, message=self._saved())

    def _saved(self) -> str:
        diagnosis = self.session.watched.diagnosis
        if diagnosis is None:
            return "there is no snapshot to save yet"
        try:
            return self._save(diagnosis)
        except FastdiagError as error:
            return f"not saved: {error.message}"
