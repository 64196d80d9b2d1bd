"""One report of a service at a time: a lock that the operating system drops however its holder ends.

It is held on a file in the state directory. A run that is killed leaves the file, and nothing locked.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.config import Settings
from fastdiag.errors import FastdiagError
from fastdiag.model.moment import iso_of
from fastdiag.render.words import moment

MAX_WAIT_S: Final = 300.0
"""Nobody waits for a report longer than this; its own deadlines are much shorter."""
_POLL_S: Final = 0.1
_MAX_NAME_CHARS: Final = 40
_MAX_HOLDER_BYTES: Final = 200
_OUTSIDE_NAMES: Final = re.compile(r"[^A-Za-z0-9.-]+")


class IfRunning(StrEnum):
    """What becomes of a report while another one of the same service is under way."""

    FAIL = "fail"
    SKIP = "skip"
    WAIT = "wait"


class RunningError(FastdiagError):
    """Another report of the service is under way."""


@contextmanager
def alone(file: Path, wait_s: float = 0.0) -> Iterator[str | None]:
    """Hold the lock of a file; yield None, or why there is no lock although nobody else has it.

    Raises:
        RunningError: another process has it, and still has it after ``wait_s`` seconds.

    """
    try:
        descriptor = _opened(file)
    except OSError as error:
        yield f"runs may overlap: {file} cannot be locked: {error.strerror or error}"
        return
    try:
        yield _locked(descriptor, file, time.monotonic() + wait_s)
    finally:
        os.close(descriptor)  # and with it goes the lock


def lock_file(settings: Settings, directory: Path) -> Path:
    """Return the file whose lock stands for the service that these settings are about.

    Without a name it is what else says which service is meant; with nothing at all, that of this machine.
    """
    if settings.service and not settings.selector:
        said = [settings.service]
    else:
        place = settings.app_url or settings.metrics_url or settings.pid
        said = [str(one) for one in (settings.service, settings.selector, place, settings.config) if one]
    shown = _OUTSIDE_NAMES.sub("-", said[0] if said else "local").strip(".-")[:_MAX_NAME_CHARS]
    digest = hashlib.sha256("\0".join(said).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return directory / f"report-{shown or 'service'}-{digest}.lock"


def _opened(file: Path) -> int:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _locked(descriptor: int, file: Path, until: float) -> str | None:
    import fcntl  # noqa: PLC0415 - not on every platform

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise _running(descriptor) from None
            time.sleep(_POLL_S)
        except OSError as error:  # a file system without locks
            return f"runs may overlap: {file} cannot be locked: {error.strerror or error}"
        else:
            _sign(descriptor)
            return None


def _sign(descriptor: int) -> None:
    """Say in the file who holds it; only people read that."""
    with suppress(OSError):  # a full disk
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}, since {moment(iso_of(time.time()))}".encode(), 0)


def _running(descriptor: int) -> RunningError:
    holder = ""
    with suppress(OSError):
        holder = os.pread(descriptor, _MAX_HOLDER_BYTES, 0).decode("ascii", "replace").strip()
    return RunningError(
        f"another report of this service is under way{f' ({holder})' if holder else ''}",
        hint="--if-running wait waits for it; --if-running skip ends in peace, as schedules want it",
    )
