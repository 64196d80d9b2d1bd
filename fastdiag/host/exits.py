"""How a process ended, told by the kernel to whoever held a descriptor of it before (pidfd_open(2)).

Its parent collects a worker at once, so that its exit status is gone before anybody else could look; a
descriptor keeps it, from Linux 6.15 on (PIDFD_GET_INFO with PIDFD_INFO_EXIT). It takes no privilege.
"""

import fcntl
import os
import select
import struct
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Final, Self

from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

_INFO: Final = struct.Struct("=Q52xi")
"""struct pidfd_info of <linux/pidfd.h> in its first published size, 64 bytes: a mask of what is asked for and
told, what does not matter here, and the status as wait(2) has it."""
_GET_INFO: Final = 0xC040FF0B
"""_IOWR(0xFF, 11, 64 bytes)"""
_WITH_EXIT: Final = 1 << 3
_TOO_OLD: Final = Unreadable(
    reason=Reason.ABSENT, detail="how a process ended is told to others from Linux 6.15 on"
)


class Exits:
    """Descriptors of processes that live, which tell how they ended. Close it, or use it in `with`."""

    __slots__ = ("_open", "_refusal")

    def __init__(self, pids: Iterable[int] = ()) -> None:
        self._open: dict[int, int] = {}
        self._refusal: Unreadable | None = None
        self.watch(pids)

    def watch(self, pids: Iterable[int]) -> None:
        """Watch these too; those that have ended, and those watched already, are passed over."""
        for pid in pids:
            if pid not in self._open:
                try:
                    self._open[pid] = os.pidfd_open(pid)
                except ProcessLookupError:
                    continue
                except (OSError, AttributeError) as error:  # another platform; a sandbox
                    self._refusal = from_os_error(error, "pidfd") if isinstance(error, OSError) else _TOO_OLD

    def living(self) -> Collection[int]:
        """Return those that are watched and have not ended."""
        return self._open.keys() - self._ready()

    def ended(self) -> Mapping[int, int | Unreadable]:
        """Return pid -> exit code of those that have ended since, negative for the signal that did it."""
        return {pid: _code(self._open[pid]) for pid in self._ready()}

    @property
    def refusal(self) -> Unreadable | None:
        """Why some could not be watched; None when all could."""
        return self._refusal

    def _ready(self) -> list[int]:
        """Return those that have ended: their descriptors are readable then."""
        pids = {descriptor: pid for pid, descriptor in self._open.items()}
        polled = select.poll()
        for descriptor in pids:
            polled.register(descriptor, select.POLLIN)
        return sorted(pids[descriptor] for descriptor, _ in polled.poll(0))

    def close(self) -> None:
        """Let go of the descriptors."""
        for descriptor in self._open.values():
            with suppress(OSError):
                os.close(descriptor)
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _code(descriptor: int) -> int | Unreadable:
    info = bytearray(_INFO.pack(_WITH_EXIT, 0))
    try:
        fcntl.ioctl(descriptor, _GET_INFO, info)
    except OSError:
        return _TOO_OLD
    told, status = _INFO.unpack(info)
    # A zombie that its parent has not collected yet does not tell.
    return os.waitstatus_to_exitcode(status) if told & _WITH_EXIT else _TOO_OLD
