"""Reading a pipe whose writer may write slowly, for ever, or nothing at all."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from typing import Final

PIECE_BYTES: Final = 1 << 16
MILLISECONDS_PER_S: Final = 1000


def pieces(fd: int, until: float) -> Iterator[bytes]:
    """Yield what comes out of a pipe, an empty piece at its end; less when time is up before that.

    ``until`` is a point of ``time.monotonic()``. Raises OSError for what cannot be read.
    """
    waiting = select.poll()  # select takes no descriptor above 1,023
    waiting.register(fd, select.POLLIN)
    while (left := until - time.monotonic()) > 0:
        if not waiting.poll(left * MILLISECONDS_PER_S):
            return
        piece = os.read(fd, PIECE_BYTES)  # what is there: it does not wait for so much
        yield piece
        if not piece:
            return
