"""Standard input: what is piped in until it ends, or until time is up."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.collectors.logs.lines import MAX_BYTES, Batch, Log, lines_of
from fastdiag.collectors.logs.pieces import pieces
from fastdiag.collectors.logs.tail import FileLog
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

NAME: Final = "standard input"
_PIPE_HINT: Final = "pipe into it: `kubectl logs POD | fastdiag snapshot --log -`"


@dataclass(slots=True, kw_only=True)
class StdinLog:
    """Takes what comes out of a pipe for ``for_s`` seconds at most, and keeps the newest 2 MiB.

    ``tell`` hears when the end was not seen: a pipe may never end, as of `kubectl logs -f`.
    """

    for_s: float
    tell: Callable[[str], None]
    fd: int = 0
    name: str = NAME

    def first(self) -> Batch:
        """Return what came until the end. Raise SourceFailed when nothing did."""
        try:
            kept, is_cut, is_over = self._newest(time.monotonic() + self.for_s)
        except OSError as error:
            raise SourceFailed(Reason.FAILED, (error.strerror or "failed").lower(), hint=_PIPE_HINT) from None
        if not kept.strip():
            why = "it was empty" if is_over else f"nothing came of it within {self.for_s:.1f} s"
            raise SourceFailed(Reason.ABSENT, why, hint=_PIPE_HINT)
        if not is_over:
            self.tell(f"{NAME} had not ended after {self.for_s:.1f} s: what came until then was read")
        lines, is_long = lines_of(kept)
        return Batch(lines=lines, since=None, until=time.time(), is_cut=is_cut or is_long)

    def more(self) -> None:
        """Return nothing: what a pipe still holds need not be new."""

    def close(self) -> None:
        """Leave it as it is: it is not ours."""

    def _newest(self, until: float) -> tuple[bytes, bool, bool]:
        """Return the newest whole lines, whether older ones were left out, and whether the end was seen."""
        kept: deque[bytes] = deque([b""])
        held, is_cut, is_over = 0, False, False
        for piece in pieces(self.fd, until):
            is_over = not piece
            kept.append(piece)
            held += len(piece)
            while held - len(kept[0]) >= MAX_BYTES:
                held, is_cut = held - len(kept.popleft()), True
        raw = b"".join(kept)
        return (raw.partition(b"\n")[2] if is_cut else raw), is_cut, is_over


def open_stdin(for_s: float, tell: Callable[[str], None], fd: int = 0) -> Log:
    """Return standard input; a file that stands in its place is read from its end."""
    try:
        is_file = stat.S_ISREG(os.fstat(fd).st_mode)
    except OSError:
        is_file = False
    if is_file:
        return FileLog(path=Path(f"/dev/fd/{fd}"), name=NAME, opened=os.dup(fd))
    return StdinLog(for_s=for_s, tell=tell, fd=fd)
