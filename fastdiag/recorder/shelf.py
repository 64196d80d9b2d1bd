"""The snapshots of a directory: names that sort by time, whole files only, never more than the limits."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.errors import FastdiagError
from fastdiag.model.history import Occasion
from fastdiag.model.moment import iso_of, seconds_of
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.record_limits import Limits
from fastdiag.model.snapshot import Snapshot
from fastdiag.recorder.recording import Trigger
from fastdiag.render.json import render_snapshot

LOCK: Final = ".lock"
LOCK_PATIENCE_S: Final = 0.5
"""Who tidies up holds the directory for some milliseconds, who takes a snapshot for seconds."""
LOCK_PAUSE_S: Final = 0.02
PARTIAL: Final = ".partial-"
"""How the name of a file begins that is being written, or was when its process was killed."""
MAX_NAME_CHARS: Final = 48
_OURS: Final = re.compile(
    rf"(?P<stamp>[0-9]{{8}}T[0-9]{{6}}Z)-(?:{'|'.join(Occasion)})-[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\.json"
)
"""Only what is called like this is counted and removed: whatever else people put there is theirs."""
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")
_LOCK_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_ELSEWHERE: Final = "choose another directory with --record DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A snapshot on disk; ``at`` is the moment in its name, in seconds since the epoch."""

    path: Path
    at: float
    bytes: int


class Shelf:
    """A directory of snapshots. Whoever writes or removes holds its lock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def open(self) -> None:
        """Make the directory where there is none, for its owner alone; one that is there stays as it is.

        Raises:
            FastdiagError: it cannot be made, or not be written.

        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, ValueError) as error:  # ValueError: a NUL in its name
            why = error.strerror if isinstance(error, OSError) else error
            raise FastdiagError(f"{self.directory} cannot be made: {why}", hint=_ELSEWHERE) from None
        if not os.access(self.directory, os.R_OK | os.W_OK | os.X_OK):
            raise FastdiagError(f"{self.directory} cannot be written: no permission", hint=_ELSEWHERE)

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Hold the directory; yield False where another thread or process does, and goes on doing so.

        The system lets go of it when a process ends, however it does.

        Raises:
            FastdiagError: the directory has gone, or cannot be written any more.

        """
        self.open()
        try:
            descriptor = os.open(self.directory / LOCK, _LOCK_FLAGS, 0o600)
        except OSError as error:
            raise FastdiagError(
                f"{self.directory} cannot be used: {error.strerror}", hint=_ELSEWHERE
            ) from None
        try:
            yield _is_locked(descriptor)
        finally:
            os.close(descriptor)

    def put(self, snapshot: Snapshot, trigger: Trigger, at: float, limits: Limits) -> Path:
        """Write a snapshot, all of it or nothing, after making room for it. Return its file.

        Raises:
            FastdiagError: there is no room, or it cannot be written.

        """
        content = render_snapshot(snapshot).encode("utf-8")
        if len(content) > limits.bytes:
            size, most = (format_value(one, Unit.BYTES) for one in (len(content), limits.bytes))
            raise FastdiagError(f"the snapshot has {size}, and all of them may have {most}")
        self.prune(limits, at, room_for=len(content))
        path = self._free(trigger, at)
        try:
            _write(path, content)
        except OSError as error:
            raise FastdiagError(f"{path} cannot be written: {error.strerror or error}") from None
        return path

    def prune(self, limits: Limits, now: float, *, room_for: int = 0) -> int:
        """Remove the oldest snapshots beyond the limits, and what killed processes left. Return how many.

        ``room_for`` is the size in bytes of one more that is to come.

        Raises:
            FastdiagError: some cannot be removed.

        """
        stored = self.stored()
        excess = stored[: len(stored) - _fitting(stored, limits, now, room_for)]
        stuck = [one.path for one in excess if not _removed(one.path)]
        for partial in self._partial():
            _removed(partial)
        if stuck:
            raise FastdiagError(f"{stuck[0]} cannot be removed, nor {len(stuck) - 1} more beyond the limits")
        return len(excess)

    def stored(self) -> tuple[Stored, ...]:
        """Return the snapshots, the oldest first; what is called like one but is no file is not one."""
        found = []
        with suppress(OSError), os.scandir(self.directory) as entries:
            for entry in entries:
                match = _OURS.fullmatch(entry.name)
                if match and entry.is_file(follow_symlinks=False):
                    size = entry.stat(follow_symlinks=False).st_size
                    found.append(
                        Stored(path=Path(entry.path), at=seconds_of(match["stamp"]) or 0.0, bytes=size)
                    )
        return tuple(sorted(found, key=lambda one: (one.at, one.path.name)))

    def _partial(self) -> Iterator[Path]:
        with suppress(OSError), os.scandir(self.directory) as entries:
            yield from [Path(entry.path) for entry in entries if entry.name.startswith(PARTIAL)]

    def _free(self, trigger: Trigger, at: float) -> Path:
        """Return a name that nothing has yet."""
        stamp = re.sub("[-:]", "", iso_of(at))  # the short form of ISO 8601, which sorts by time
        word = _UNFIT.sub("-", trigger.name)[:MAX_NAME_CHARS].strip("-") or "unnamed"
        stem, number = f"{stamp}-{trigger.occasion.value}-{word}", 1
        while os.path.lexists(path := self.directory / f"{stem}{f'-{number}' if number > 1 else ''}.json"):
            number += 1
        return path


def _is_locked(descriptor: int) -> bool:
    until = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(LOCK_PAUSE_S)
        else:
            return True


def _fitting(stored: Sequence[Stored], limits: Limits, now: float, room_for: int) -> int:
    """Return how many of the newest may stay; the newest itself goes only to make room."""
    room, count = limits.bytes - room_for, limits.snapshots - (1 if room_for else 0)
    fitting = 0
    for one in reversed(stored):
        room -= one.bytes
        is_last = fitting == 0 and not room_for
        if not is_last and (room < 0 or fitting >= count or now - one.at > limits.age_s):
            break
        fitting += 1
    return fitting


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _write(path: Path, content: bytes) -> None:
    """Write beside the place, to the disk itself, and rename: nobody ever sees half of a snapshot."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:  # Ctrl-C is none
        _removed(Path(name))
        raise
