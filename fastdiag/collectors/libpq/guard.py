"""A connection ends when time is up, whatever its server does."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psycopg

HOME_S: Final = 0.3
"""Kept of the time left, to write down what was found after a server has stopped answering."""


class Guard:
    """Shuts a connection's socket down after some seconds, which ends any wait with an error.

    Timeouts of the server do not help when its process is stopped: psycopg then waits for ever.
    """

    def __init__(self, connection: psycopg.Connection[object], after_s: float) -> None:
        self._connection = connection
        self.has_cut = False
        self._start(after_s)

    def renew(self, after_s: float) -> None:
        """Shut it down so many seconds from now instead, unless that has happened already."""
        self._timer.cancel()
        self._start(after_s)

    def close(self) -> None:
        """End the connection. Never raises."""
        import psycopg  # noqa: PLC0415 - costs 100 ms, needed only where there is a database

        self._timer.cancel()
        with suppress(psycopg.Error, OSError):
            self._connection.close()

    def _start(self, after_s: float) -> None:
        self._timer = threading.Timer(max(0.0, after_s), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.has_cut = True
        with suppress(Exception), socket.socket(fileno=os.dup(self._connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
