"""What a sleeping thread waits for, from the system call in which it sleeps.

/proc/PID/task/TID/syscall has the number of the call, which differs by architecture, and its arguments. Those
of poll(2) and select(2) are addresses: the few bytes there are read from the memory of the process, which
takes the same right, and neither stops nor attaches to it. A second look at the call proves that the thread
slept in it all the while.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

MAX_POLLED: Final = 16
"""Descriptors of one poll(2) that are read: blocking clients wait for one, subprocess for three."""
FD_SET_BYTES: Final = 128
"""A select(2) takes 1,024 descriptors, a bit each (FD_SETSIZE)."""
_POLLED: Final = struct.Struct("=ihh")
_POLLIN: Final = 0x001
_BITS: Final = 8


class Act(StrEnum):
    """What a thread does while it sleeps; where it has a descriptor, the phrase goes on with its object."""

    READ = "a read from"
    WRITE = "a write to"
    CONNECT = "a connect to"
    FLUSH = "a flush of"
    FILE_LOCK = "a lock on"
    FILE = "the file system"
    CHILD = "a wait for a child process"
    LOCK = "a wait for a lock"
    SLEEP = "a sleep"
    OTHER = "another system call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a thread waits for; ``fd`` is the descriptor, None where it waits for none."""

    act: Act
    fd: int | None = None


_ON_DESCRIPTOR: Final[Mapping[str, Act]] = {
    **dict.fromkeys(("read", "readv", "pread64", "recvfrom", "recvmsg", "accept", "accept4"), Act.READ),
    **dict.fromkeys(("write", "writev", "pwrite64", "sendto", "sendmsg", "sendfile"), Act.WRITE),
    **dict.fromkeys(("fsync", "fdatasync"), Act.FLUSH),
    **dict.fromkeys(("flock", "fcntl"), Act.FILE_LOCK),
    "connect": Act.CONNECT,
}
_PLAIN: Final[Mapping[str, Act]] = {
    **dict.fromkeys(("nanosleep", "clock_nanosleep"), Act.SLEEP),
    **dict.fromkeys(("wait4", "waitid"), Act.CHILD),
    **dict.fromkeys(("futex",), Act.LOCK),
    **dict.fromkeys(("open", "openat", "newfstatat", "statx", "getdents64", "unlink", "unlinkat"), Act.FILE),
}
_NUMBERS: Final[Mapping[str, Mapping[int, str]]] = {
    "x86_64": {
        0: "read", 1: "write", 2: "open", 7: "poll", 17: "pread64", 18: "pwrite64", 19: "readv", 20: "writev",
        23: "select", 35: "nanosleep", 40: "sendfile", 42: "connect", 43: "accept", 44: "sendto",
        45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 61: "wait4", 72: "fcntl", 73: "flock", 74: "fsync",
        75: "fdatasync", 87: "unlink", 202: "futex", 217: "getdents64", 230: "clock_nanosleep", 247: "waitid",
        257: "openat", 262: "newfstatat", 263: "unlinkat", 270: "select", 271: "poll", 288: "accept4",
        332: "statx",
    },
    "aarch64": {
        25: "fcntl", 32: "flock", 35: "unlinkat", 56: "openat", 61: "getdents64", 63: "read", 64: "write",
        65: "readv", 66: "writev", 67: "pread64", 68: "pwrite64", 71: "sendfile", 72: "select", 73: "poll",
        79: "newfstatat", 82: "fsync", 83: "fdatasync", 95: "waitid", 98: "futex", 101: "nanosleep",
        115: "clock_nanosleep", 202: "accept", 203: "connect", 206: "sendto", 207: "recvfrom", 211: "sendmsg",
        212: "recvmsg", 242: "accept4", 260: "wait4", 291: "statx",
    },
}  # fmt: skip
"""Linux's syscall tables; pselect6 and ppoll have the arguments of select and poll, as far as they matter."""


def wait_of(proc: Proc, pid: int, tid: int, machine: str | None = None) -> Wait | Unreadable | None:
    """Return what a thread sleeps in; None: it does not, or no longer did at the second look."""
    machine = machine or os.uname().machine
    if machine not in _NUMBERS:
        return Unreadable(reason=Reason.ABSENT, detail="the system calls of this architecture are not known")
    told = proc.syscall(pid, tid)
    if isinstance(told, Unreadable):
        return told
    fields = told.split()
    if not fields or not fields[0].isdecimal():
        return None  # running, or asleep outside of any system call
    name = _NUMBERS[machine].get(int(fields[0]), "")
    try:
        found = _decoded(proc, pid, name, [int(field, 16) for field in fields[1:]])
    except (ValueError, IndexError):
        return Unreadable(reason=Reason.FAILED, detail="syscall: not in the expected form")
    return found if proc.syscall(pid, tid) == told else None


def _decoded(proc: Proc, pid: int, name: str, arguments: list[int]) -> Wait | Unreadable:
    if name in _ON_DESCRIPTOR:
        return Wait(act=_ON_DESCRIPTOR[name], fd=arguments[0])
    match name:
        case "poll":
            return _polled(proc, pid, address=arguments[0], count=arguments[1])
        case "select":
            return _selected(proc, pid, arguments)
        case _:
            return Wait(act=_PLAIN.get(name, Act.OTHER))


def _polled(proc: Proc, pid: int, *, address: int, count: int) -> Wait | Unreadable:
    if not count:
        return Wait(act=Act.SLEEP)
    raw = proc.peek(pid, address, min(count, MAX_POLLED) * _POLLED.size)
    if isinstance(raw, Unreadable):
        return raw
    for fd, events, _ in _POLLED.iter_unpack(raw[: len(raw) // _POLLED.size * _POLLED.size]):
        if fd >= 0:
            return Wait(act=Act.READ if events & _POLLIN else Act.WRITE, fd=fd)
    return Wait(act=Act.SLEEP)


def _selected(proc: Proc, pid: int, arguments: list[int]) -> Wait | Unreadable:
    count, *sets = arguments[:3]
    size = min(-(-count // _BITS), FD_SET_BYTES)
    for act, address in zip((Act.READ, Act.WRITE), sets, strict=True):
        raw = proc.peek(pid, address, size) if address and size else b""
        if isinstance(raw, Unreadable):
            return raw
        bits = int.from_bytes(raw, "little")
        if bits:
            return Wait(act=act, fd=(bits & -bits).bit_length() - 1)
    return Wait(act=Act.SLEEP)
