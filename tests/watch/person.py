"""A person at a terminal: a real pseudo-terminal in which the real command runs, read as a screen is read."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import pyte

from tests.cli.command import environment
from tests.stack.processes import script, stop
from tests.stack.waiting import DeadlineExceededError

PATIENCE_S: Final = 20.0
_POLL_S: Final = 0.05


@dataclass(slots=True)
class Person:
    """Who types and reads; ``raw`` is everything that the terminal was ever sent."""

    command: subprocess.Popen[bytes]
    ours: int
    theirs: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    raw: bytearray = field(default_factory=bytearray)

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self.ours, keys.encode())

    def resizes(self, columns: int, lines: int) -> None:
        """Pull the window to another size."""
        self.screen.resize(lines, columns)
        self.screen.reset()
        _set_size(self.theirs, columns, lines)
        self.command.send_signal(signal.SIGWINCH)  # the kernel tells only who has it as controlling terminal

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def sees(self, *words: str) -> str:
        """Wait until the screen shows all these words, and return what it shows."""
        return self.waits(lambda: all(word in self.text for word in words), f"{words} on the screen")

    def waits(self, condition: Callable[[], bool], what: str) -> str:
        """Read until something holds, and return what the screen shows then."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            self.reads()
            if condition():
                return self.text
            if time.monotonic() > ends:
                raise DeadlineExceededError(f"not within {PATIENCE_S:g} s: {what}\n{self.text}")

    def reads(self) -> None:
        """Take in what the terminal has been sent meanwhile."""
        ready, _, _ = select.select([self.ours], [], [], _POLL_S)
        with suppress(OSError):  # Linux tells the end of a terminal so
            chunk = os.read(self.ours, 65536) if ready else b""
            self.raw += chunk
            self.stream.feed(chunk)

    def leaves(self) -> int:
        """Wait until the command has ended, and return its exit code."""
        self.waits(lambda: self.command.poll() is not None, "the command has ended")
        self.reads()
        return self.command.returncode

    @property
    def modes(self) -> list[object]:
        """How the terminal treats what is typed."""
        return list(termios.tcgetattr(self.theirs))


@contextmanager
def at_a_terminal(
    *arguments: str,
    columns: int = 80,
    lines: int = 24,
    command: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Iterator[Person]:
    """Run `fastdiag` (or ``command``) in a terminal of this size, until the block is left."""
    ours, theirs = pty.openpty()
    _set_size(theirs, columns, lines)
    screen = pyte.Screen(columns, lines)
    started = subprocess.Popen(
        [*(command or [script("fastdiag")]), *arguments],
        env=environment({"TERM": "xterm-256color", **(environ or {})}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        yield Person(started, ours, theirs, screen, pyte.ByteStream(screen))
    finally:
        stop(started, signal.SIGKILL)
        os.close(ours)
        os.close(theirs)


def _set_size(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
