"""Why a fact of the machine could not be read.

Readers return ``value | Unreadable`` instead of raising: a caller gathers many facts of one process, each
of which may be denied on its own, and has to keep the reason of each. ``isinstance(x, Unreadable)`` is the
only check needed; processes that vanish half-way need no ``try``.
"""

import errno
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The closed set of reasons for which a fact is unknown."""

    GONE = "gone"  # the process or task ended
    DENIED = "denied"  # it exists, this user may not look
    ABSENT = "absent"  # this kernel, platform or configuration does not offer it
    FAILED = "failed"  # it was tried and broke: timeout, damaged reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A fact that could not be read. ``detail`` is one phrase for people, without foreign text."""

    reason: Reason
    detail: str


NEEDS_LINUX = Unreadable(reason=Reason.ABSENT, detail="needs Linux")

_REASON_BY_ERRNO = {
    errno.ENOENT: Reason.GONE,
    errno.ESRCH: Reason.GONE,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EOPNOTSUPP: Reason.ABSENT,
    errno.ENOTDIR: Reason.ABSENT,
    errno.ENOSYS: Reason.ABSENT,
}


def from_os_error(error: OSError, what: str) -> Unreadable:
    """Say why the operating system refused ``what``; errors that are not about access count as failed."""
    reason = _REASON_BY_ERRNO.get(error.errno or 0, Reason.FAILED)
    return Unreadable(reason=reason, detail=f"{what}: {(error.strerror or 'read failed').lower()}")
