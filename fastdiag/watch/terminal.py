"""The terminal while it shows the live screen, and the terminal as it was before: nothing in between.

Only what every terminal since the VT220 understands is sent: the alternate screen, the cursor hidden, lines
that are cut at the right edge instead of wrapped.
"""

from __future__ import annotations

import os
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_CLEAR: Final = "\x1b[2J"
_TO_END_OF_LINE: Final = "\x1b[K"
_FALLBACK_SIZE: Final = (80, 24)
_MAX_BYTES: Final = 1024


class TerminalGoneError(Exception):
    """Nothing can be read from the terminal any more, or written to it: its window was closed."""


class Terminal:
    """A terminal that is read key by key and painted frame by frame."""

    def __init__(self, reads: int, writes: int, encoding: str = "utf-8") -> None:
        """Take the descriptors to read and to write, both of a terminal."""
        self.reads = reads
        self._writes = writes
        self._encoding = encoding
        self._before: list[int | list[bytes | int]] | None = None
        self._painted: tuple[str, tuple[int, int]] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Return columns and lines as they are now; some terminals do not tell."""
        try:
            size = os.get_terminal_size(self._writes)
        except OSError:
            return _FALLBACK_SIZE
        return (size.columns, size.lines) if size.columns and size.lines else _FALLBACK_SIZE

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show the live screen; whatever ends the block, the terminal is left as it was."""
        try:
            self.enter()
            yield
        finally:
            with _undisturbed():
                self.leave()

    def enter(self) -> None:
        """Show the live screen and read single keys; also after a stop, in which a shell had the terminal."""
        if self._before is None:
            self._before = termios.tcgetattr(self.reads)
        tty.setcbreak(self.reads, termios.TCSANOW)
        self._painted = None
        self._write(f"{_ENTER}{_CLEAR}")

    def leave(self) -> None:
        """Restore the terminal. A terminal that is gone needs nothing."""
        if self._before is None:
            return
        with suppress(TerminalGoneError):
            self._write(_LEAVE)
        with suppress(termios.error):
            termios.tcsetattr(self.reads, termios.TCSANOW, self._before)
        self._before = None

    def read(self) -> bytes:
        """Return what was typed. Raise TerminalGoneError when nobody can type any more."""
        try:
            typed = os.read(self.reads, _MAX_BYTES)
        except OSError:
            typed = b""
        if not typed:
            raise TerminalGoneError
        return typed

    def paint(self, frame: str) -> None:
        """Show a frame, unless that is what the screen shows already."""
        shown = (frame, self.size)
        if shown == self._painted:
            return
        # Erased before it is written: after a line as wide as the screen the cursor stands on its last cell.
        lines = (f"{_TO_END_OF_LINE}{line}" for line in frame.split("\n")[: self.size[1]])
        self._write(_HOME + "\r\n".join(lines))
        self._painted = shown

    def _write(self, text: str) -> None:
        left = text.encode(self._encoding, "backslashreplace")
        try:
            while left:
                left = left[os.write(self._writes, left) :]
        except OSError:
            raise TerminalGoneError from None


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have a second Ctrl-C come too late: half a terminal restored is none."""
    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
