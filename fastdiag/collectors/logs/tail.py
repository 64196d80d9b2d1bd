"""The end of a regular file, however large it is, and what is added to it, rotated or not."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.collectors.logs.lines import MAX_BYTES, Batch, lines_of
from fastdiag.collectors.logs.regular import open_regular, packed, refuse_packed
from fastdiag.collectors.sink import SourceFailed
from fastdiag.host.birth import born_at

MARK_BYTES: Final = 256
"""So much before the end of what was read is looked at again: a file that was emptied and has grown past
the old end since (`copytruncate` of logrotate) shows other bytes there."""
PREDECESSOR: Final = ".1"
"""What logrotate and RotatingFileHandler of Python put behind the name of the file before this one."""
RECENT_S: Final = 3600.0
"""A predecessor that was written to so lately is read where the file itself leaves room for that."""


@dataclass(slots=True, kw_only=True)
class FileLog:
    """Reads a file from its end, which costs the same whatever its size, and what was rotated away lately.

    It stays open between the looks, so that rotation loses nothing. ``opened`` is a descriptor, where the
    file is open already. ``is_live``: what is in it was written where it is, and so after it was made.
    """

    path: Path
    name: str
    opened: int | None = None
    is_live: bool = False
    _end: int = 0
    _mark: bytes = b""
    _seen_at: float = field(default=0.0)

    def first(self) -> Batch:
        """Return its last 2 MiB. Raise SourceFailed for what is no readable file of text."""
        if self.opened is None:
            self.opened = open_regular(self.path)
        refuse_packed(_read(self.opened, 0, MARK_BYTES), self.path)
        since = born_at(self.opened) if self.is_live else None
        raw, is_cut = self._new(self.opened, 0)
        older = None if is_cut else self._predecessor(MAX_BYTES - len(raw))
        if older:
            raw, is_cut, since = older[0] + b"\n" + raw, older[1], older[2]
        return self._batch(raw, is_cut, since=since)

    def more(self) -> Batch | None:
        """Return what was added since, to this file and to the one that took its place."""
        if self.opened is None:
            return None
        since = self._seen_at
        raw, is_cut = self._new(self.opened, 0 if self._is_emptied(self.opened) else self._end)
        successor = self._successor(self.opened)
        if successor is not None:
            self.close()
            self.opened, self._mark = successor, b""
            later, is_later_cut = self._new(successor, 0)
            raw, is_cut = (later, True) if is_later_cut else (raw + b"\n" + later, is_cut)
        return self._batch(raw, is_cut, since=since)

    def close(self) -> None:
        """Close the file."""
        if self.opened is not None:
            os.close(self.opened)
            self.opened = None

    def _new(self, fd: int, start: int) -> tuple[bytes, bool]:
        """Return the newest bytes from ``start`` on, whole lines only, and whether some were left out."""
        size = os.fstat(fd).st_size
        raw, is_cut = _newest(fd, start, size, MAX_BYTES)
        if start and not is_cut and not self._mark.endswith(b"\n"):  # the rest of a line that was told
            raw = raw.partition(b"\n")[2]
        self._end = size
        self._mark = _read(fd, max(0, size - MARK_BYTES), size)
        return raw, is_cut

    def _is_emptied(self, fd: int) -> bool:
        is_shorter = os.fstat(fd).st_size < self._end
        return is_shorter or _read(fd, self._end - len(self._mark), self._end) != self._mark

    def _predecessor(self, room: int) -> tuple[bytes, bool, float | None] | None:
        """Return the end of the file before this one, whether it was cut, and since when it was written."""
        try:
            fd = open_regular(Path(f"{self.path}{PREDECESSOR}"))
        except SourceFailed:
            return None
        try:
            found = os.fstat(fd)
            if time.time() - found.st_mtime > RECENT_S or packed(_read(fd, 0, MARK_BYTES)):
                return None
            return *_newest(fd, 0, found.st_size, room), born_at(fd) if self.is_live else None
        finally:
            os.close(fd)

    def _successor(self, fd: int) -> int | None:
        """Return the file that stands in the place of the one that was read, opened."""
        try:
            new = open_regular(self.path)
        except SourceFailed:  # not there yet: its writer makes it with the next line
            return None
        if os.path.sameopenfile(fd, new):
            os.close(new)
            return None
        return new

    def _batch(self, raw: bytes, is_cut: bool, *, since: float | None) -> Batch:
        self._seen_at = time.time()
        lines, is_long = lines_of(raw)
        return Batch(lines=lines, since=since, until=self._seen_at, is_cut=is_cut or is_long)


def _newest(fd: int, start: int, end: int, room: int) -> tuple[bytes, bool]:
    """Return the newest bytes of a stretch, and whether some do not fit: then of whole lines only."""
    first = max(start, end - room)
    if first == start:
        return _read(fd, first, end), False
    return _read(fd, first - 1, end).partition(b"\n")[2], True


def _read(fd: int, start: int, end: int) -> bytes:
    """Return the bytes from start to end; fewer where the file has become shorter."""
    pieces = []
    while start < end and (piece := os.pread(fd, end - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)
