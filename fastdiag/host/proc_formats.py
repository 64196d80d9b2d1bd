"""What the files of one process under /proc hold, as proc(5) describes them: bytes in, values out.

Parsers raise ValueError, IndexError or KeyError for what is not in the expected form.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
BYTES_PER_KIB: Final = 1024

_SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """What /proc/PID/stat tells. ``cpu_s`` is user plus system time of all its threads, ended ones included.

    ``started_at`` is seconds since the epoch, good to about a second: boot time is known in whole seconds.
    ``group`` is the id of its process group.
    """

    parent_pid: int
    group: int
    state: str
    cpu_s: float
    started_at: float
    threads: int
    rss_bytes: int

    @property
    def is_zombie(self) -> bool:
        """Whether it has ended and its parent has not collected it yet."""
        return self.state in "ZX"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStatus:
    """What /proc/PID/status tells: the effective user, and the pid that the process itself sees.

    ``swapped_bytes`` is None for kernel threads and zombies, which have no memory.
    """

    uid: int
    namespace_pid: int
    swapped_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSwitches:
    """How often one task gave the CPU up by waiting (voluntary) or lost it while running (involuntary)."""

    voluntary: int
    involuntary: int


def text(raw: bytes) -> str:
    """Decode foreign bytes; what is no UTF-8 is shown as escapes."""
    return raw.decode("utf-8", "backslashreplace")


def arguments(raw: bytes) -> tuple[str, ...]:
    """Split a command line."""
    # setproctitle leaves the rest of the argument area as NULs.
    stripped = raw.rstrip(b"\0")
    return tuple(text(part) for part in stripped.split(b"\0")) if stripped else ()


def pairs(raw: bytes) -> Iterable[tuple[str, str]]:
    """Yield the variables of an environment."""
    for entry in raw.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals:
            yield text(name), text(value)


def process_stat(raw: bytes, boot_time: float) -> ProcessStat:
    """Read /proc/PID/stat."""
    # The name stands in parentheses and may hold spaces and parentheses itself: fields start after the last.
    fields = raw[raw.rindex(b")") + 2 :].split()
    return ProcessStat(
        state=text(fields[0]),
        parent_pid=int(fields[1]),
        group=int(fields[2]),
        cpu_s=(int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S,
        threads=int(fields[17]),
        started_at=boot_time + int(fields[19]) / CLOCK_TICKS_PER_S,
        rss_bytes=int(fields[21]) * PAGE_BYTES,
    )


def process_status(raw: bytes) -> ProcessStatus:
    """Read /proc/PID/status."""
    fields = colon_fields(raw)
    pids = fields.get("NSpid", fields["Pid"]).split()
    swapped = fields.get("VmSwap")
    return ProcessStatus(
        uid=int(fields["Uid"].split()[1]),
        namespace_pid=int(pids[-1]),
        swapped_bytes=None if swapped is None else int(swapped.split()[0]) * BYTES_PER_KIB,
    )


def context_switches(raw: bytes) -> ContextSwitches:
    """Read the context switches in /proc/PID/task/TID/status."""
    fields = colon_fields(raw)
    return ContextSwitches(
        voluntary=int(fields["voluntary_ctxt_switches"]),
        involuntary=int(fields["nonvoluntary_ctxt_switches"]),
    )


def colon_fields(raw: bytes) -> Mapping[str, str]:
    """Read lines of "name: value"."""
    lines = (line.partition(":") for line in text(raw).splitlines())
    return {name: value.strip() for name, _, value in lines}


def fd_limit(raw: bytes) -> int:
    """Read the soft limit on descriptors in /proc/PID/limits."""
    line = next(line for line in text(raw).splitlines() if line.startswith("Max open files"))
    return int(line.split()[3])


def boot_time(raw: bytes) -> float:
    """Read the boot time in /proc/stat, in seconds since the epoch."""
    return float(next(line.split()[1] for line in raw.splitlines() if line.startswith(b"btime ")))


def socket_inode(link: str) -> int | None:
    """Return the inode of the socket that a descriptor's link names; None: it is no socket."""
    match = _SOCKET_LINK.fullmatch(link)
    return int(match[1]) if match else None
