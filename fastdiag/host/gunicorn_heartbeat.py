"""The heartbeat of gunicorn's workers without its control socket.

Each worker holds a temporary file that it touches with the monotonic clock as time stamp; its master kills
it when the stamp is older than the timeout (gunicorn 22 and later). The file has been deleted: only the
descriptor leads to it.
"""

import re
import time
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

CLOCK_RESOLUTION_S: Final = 1.0
FIRST_HEARTBEAT_S: Final = 60.0
"""A worker sends its first heartbeat when its application is loaded."""

_HEARTBEAT_FILE: Final = re.compile(r".*/wgunicorn-[^/]*( \(deleted\))?")
_NONE: Final = Unreadable(reason=Reason.ABSENT, detail="the worker holds no heartbeat file")
_OTHER_CLOCK: Final = Unreadable(
    reason=Reason.ABSENT, detail="the heartbeat is written with another clock (gunicorn before 22)"
)


def heartbeat_age_s(proc: Proc, pid: int) -> float | Unreadable:
    """Return the seconds since a worker last showed that it lives."""
    links = proc.fd_links(pid)
    if isinstance(links, Unreadable):
        return links
    files = [fd for fd, link in links.items() if _HEARTBEAT_FILE.fullmatch(link)]
    stamps = [proc.touched_at(pid, fd) for fd in files]
    known = [stamp for stamp in stamps if not isinstance(stamp, Unreadable)]
    if not known:
        return next((stamp for stamp in stamps if isinstance(stamp, Unreadable)), _NONE)
    stamp = max(known)
    age_s = time.monotonic() - stamp
    if age_s >= -CLOCK_RESOLUTION_S:
        return max(0.0, age_s)
    # Until the first heartbeat the stamp is that of the file's making, on the wall clock.
    since_made_s = time.time() - stamp
    return max(0.0, since_made_s) if since_made_s < FIRST_HEARTBEAT_S else _OTHER_CLOCK
