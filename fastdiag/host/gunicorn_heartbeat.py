"""The heartbeat of gunicorn's workers without its control socket.

Each worker holds a temporary file that it touches with the monotonic clock as time stamp; its master kills
it when the stamp is older than the timeout (gunicorn 22 and later). The file has been deleted: only the
descriptor leads to it.
"""

import re
import time
from collections.abc import Sequence
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

CLOCK_RESOLUTION_S: Final = 1.0
"""A file system may keep its stamps in whole seconds."""

_HEARTBEAT_FILE: Final = re.compile(r".*/wgunicorn-[^/]*( \(deleted\))?")
_NONE: Final = Unreadable(reason=Reason.ABSENT, detail="the worker holds no heartbeat file")
_NONE_YET: Final = Unreadable(
    reason=Reason.ABSENT,
    detail="the worker has sent no heartbeat yet, or writes it with another clock (gunicorn before 22)",
)


def heartbeat_age_s(proc: Proc, pid: int) -> float | Unreadable:
    """Return the seconds since a worker last showed that it lives; absent until it has done so.

    Until then the stamp is that of the file's making, on the wall clock, and so ahead of the monotonic one.
    Its master does not hold that against it; nor does it tell an age, as the wall clock may have been set.
    """
    files = heartbeat_files(proc, pid)
    return files if isinstance(files, Unreadable) else heartbeat_of(proc, pid, files)


def heartbeat_files(proc: Proc, pid: int) -> Sequence[int] | Unreadable:
    """Return the descriptors of a worker's heartbeat file: it keeps them as long as it lives."""
    links = proc.fd_links(pid)
    if isinstance(links, Unreadable):
        return links
    return [fd for fd, link in links.items() if _HEARTBEAT_FILE.fullmatch(link)]


def heartbeat_of(proc: Proc, pid: int, files: Sequence[int]) -> float | Unreadable:
    """Return what `heartbeat_age_s` does, for who looks often and knows the descriptors."""
    stamps = [proc.touched_at(pid, fd) for fd in files]
    known = [stamp for stamp in stamps if not isinstance(stamp, Unreadable)]
    if not known:
        return next((stamp for stamp in stamps if isinstance(stamp, Unreadable)), _NONE)
    age_s = time.monotonic() - max(known)
    return max(0.0, age_s) if age_s >= -CLOCK_RESOLUTION_S else _NONE_YET
