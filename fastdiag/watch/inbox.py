"""Where everything arrives that the watch waits for: looks, signals, keys. One wait for all of them."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from fastdiag.watch.looker import Event

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
"""They end the watch wherever it is, with the terminal restored on the way out."""
SHOWN: Final = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
"""They concern who has painted the terminal, and are dealt with between two events."""
_WAKE: Final = b"\x00"
_MAX_BYTES: Final = 4096


class Terminated(BaseException):
    """A signal asks the process to end. Like KeyboardInterrupt it is no Exception: nobody else handles it."""


class Inbox:
    """Events of other threads, and signals; both end a wait at once."""

    def __init__(self) -> None:
        self._events: SimpleQueue[Event] = SimpleQueue()
        # Never closed: a look that was abandoned may still post, and the number might be another file's then.
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def post(self, event: Event) -> None:
        """Put an event in, from whatever thread."""
        self._events.put(event)
        with suppress(OSError):  # full: who reads is about to wake; closed: nobody reads any more
            os.write(self._writer, _WAKE)

    def wait(self, seconds: float | None, files: Sequence[int] = ()) -> bool:
        """Wait until something is here or time is up; return whether one of ``files`` can be read."""
        ready, _, _ = select.select([self._reader, *files], [], [], seconds)
        return any(file in ready for file in files)

    def events(self) -> Iterator[Event]:
        """Take out what has arrived."""
        with suppress(Empty):
            while True:
                yield self._events.get_nowait()

    def signals(self) -> frozenset[int]:
        """Take out the signals that have arrived."""
        with suppress(BlockingIOError):
            return frozenset(os.read(self._reader, _MAX_BYTES)) - {0}
        return frozenset()

    @contextmanager
    def open(self, noticed: Sequence[signal.Signals] = ()) -> Iterator[None]:
        """Have signals arrive here, those that end the process as Terminated; afterwards all is as before."""
        handlers = {**dict.fromkeys(ENDING, _end), **dict.fromkeys(noticed, _notice)}
        before = {number: signal.getsignal(number) for number in handlers}
        wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        try:
            for number, handler in handlers.items():
                if before[number] is not signal.SIG_IGN:  # as nohup leaves it: it is to stay so
                    signal.signal(number, handler)
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)
            signal.set_wakeup_fd(wakeup)


def _end(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _notice(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that the signal has come is written to the inbox by the interpreter."""


def stop_here() -> None:
    """Stop the process as Ctrl-Z does, and return when it is continued."""
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, _notice)
