"""Tolerant readers of one process under /proc, as described in proc(5).

Every reader returns its value or an `Unreadable`; none raises for a process that ends while it is read.
A zombie has a stat, and reads as: no arguments, no descriptors.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable, from_os_error

MAX_FILE_BYTES: Final = 1 << 20
MAX_TABLE_BYTES: Final = 64 << 20  # net/tcp has 150 bytes a socket
CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
READ_BYTES: Final = 1 << 16
NANOSECONDS_PER_S: Final = 1e9

_SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """What /proc/PID/stat tells. ``cpu_s`` is user plus system time of all its threads, ended ones included.

    ``started_at`` is seconds since the epoch, good to about a second: boot time is known in whole seconds.
    """

    parent_pid: int
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
    """What /proc/PID/status tells: the effective user, and the pid that the process itself sees."""

    uid: int
    namespace_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSwitches:
    """How often one task gave the CPU up by waiting (voluntary) or lost it while running (involuntary)."""

    voluntary: int
    involuntary: int


class Proc:
    """One /proc tree; ``root`` is injectable: a container's /proc, a tree planted by a test."""

    __slots__ = ("_base", "_boot_time", "root")

    def __init__(self, root: Path = Path("/proc")) -> None:
        self.root = root
        self._base = str(root)  # joining Paths would take longer than the reads
        self._boot_time: float | Unreadable | None = None

    def pids(self) -> tuple[int, ...] | Unreadable:
        """Return the ids of all visible processes. Where `hides_processes`, a missing one is no evidence."""
        return self._at(self._base, _numbers)

    def scan(self, is_candidate: Callable[[str], bool]) -> Mapping[int, str] | Unreadable:
        """Return pid -> comm of the processes whose comm is wanted, at one small read a process."""
        pids = self.pids()
        if isinstance(pids, Unreadable):
            return pids
        named = ((pid, self.comm(pid)) for pid in pids)
        return {pid: comm for pid, comm in named if isinstance(comm, str) and is_candidate(comm)}

    def hides_processes(self) -> bool:
        """Whether /proc is mounted with hidepid and this user is not root: others' processes look absent."""
        mounts = self._at(f"{self._base}/self/mountinfo", _read)
        if isinstance(mounts, Unreadable) or os.geteuid() == 0:
            return False
        ours = (line for line in mounts.splitlines() if b" - proc " in line)
        return any(re.search(rb"hidepid=(?!0\b|off\b)", line) for line in ours)

    def comm(self, pid: int) -> str | Unreadable:
        """Return the name of the process, cut to 15 bytes by the kernel. Never blocks, unlike `cmdline`."""
        return self._read(pid, "comm", lambda raw: _text(raw).rstrip("\n"))

    def cmdline(self, pid: int) -> tuple[str, ...] | Unreadable:
        """Return the arguments: none for zombies and kernel threads, one after setproctitle."""
        return self._read(pid, "cmdline", _arguments)

    def environ(self, pid: int) -> Mapping[str, str] | Unreadable:
        """Return the environment that the process started with. It holds secrets: never keep or show it."""
        return self._read(pid, "environ", lambda raw: dict(_pairs(raw)))

    def cwd(self, pid: int) -> Path | Unreadable:
        """Return the working directory; readable exactly where wchan and descriptors are."""
        return self._at(f"{self._base}/{pid}/cwd", lambda path: Path(path).readlink())

    def stat(self, pid: int) -> ProcessStat | Unreadable:
        """Return parent, state, CPU time, start, threads and resident memory."""
        boot_time = self.boot_time()
        if isinstance(boot_time, Unreadable):
            return boot_time
        return self._read(pid, "stat", lambda raw: _parse_stat(raw, boot_time))

    def status(self, pid: int) -> ProcessStatus | Unreadable:
        """Return the effective user and the pid inside the process's own namespace."""
        return self._read(pid, "status", _parse_status)

    def tasks(self, pid: int) -> tuple[int, ...] | Unreadable:
        """Return the thread ids; the main thread's equals the pid."""
        return self._at(f"{self._base}/{pid}/task", _numbers)

    def context_switches(self, pid: int, tid: int | None = None) -> ContextSwitches | Unreadable:
        """Return the context switches of one task, of the main thread unless told."""
        return self._read(pid, f"task/{tid or pid}/status", _parse_switches)

    def run_queue_wait_s(self, pid: int, tid: int | None = None) -> float | Unreadable:
        """Return the seconds that one task was ready to run and had no CPU (schedstat field 2)."""
        return self._read(
            pid, f"task/{tid or pid}/schedstat", lambda raw: int(raw.split()[1]) / NANOSECONDS_PER_S
        )

    def wchan(self, pid: int, tid: int | None = None) -> str | Unreadable:
        """Return the kernel function that a task sleeps in; "0" when it runs. Denied is told from running."""
        name = self._read(pid, f"task/{tid or pid}/wchan", _text)
        if name != "0":
            return name
        # The kernel prints 0 for "may not look" too; cwd is guarded by the same check and does say so.
        cwd = self.cwd(pid)
        is_denied = isinstance(cwd, Unreadable) and cwd.reason is Reason.DENIED
        return Unreadable(reason=Reason.DENIED, detail="wchan: permission denied") if is_denied else name

    def cgroup(self, pid: int) -> str | Unreadable:
        """Return the control groups of the process: lines of "hierarchy:controllers:path"."""
        return self._read(pid, "cgroup", _text)

    def net(self, pid: int | None, table: str) -> str | Unreadable:
        """Return /proc/PID/net/``table`` of the process's network namespace (None: ours)."""
        path = f"{self._base}/{'self' if pid is None else pid}/net/{table}"
        return self._at(path, lambda path: _text(_read(path, MAX_TABLE_BYTES)))

    def shares_network(self, pid: int) -> bool | Unreadable:
        """Whether a process lives in our network namespace: each has its own inode behind net/tcp."""
        theirs = self._at(f"{self._base}/{pid}/net/tcp", _inode)
        return (
            theirs
            if isinstance(theirs, Unreadable)
            else theirs == self._at(f"{self._base}/self/net/tcp", _inode)
        )

    def fd_count(self, pid: int) -> int | Unreadable:
        """Return the number of open descriptors: any user may from Linux 6.2 on, before that as `cwd`."""
        return self._at(f"{self._base}/{pid}/fd", _count)

    def fd_soft_limit(self, pid: int) -> int | Unreadable:
        """Return the soft limit on open descriptors."""
        return self._read(pid, "limits", _parse_fd_limit)

    def socket_inodes(self, pid: int) -> Mapping[int, int] | Unreadable:
        """Return descriptor -> inode of the open sockets, for root or the same user's dumpable processes."""
        return self._at(f"{self._base}/{pid}/fd", _socket_links)

    def boot_time(self) -> float | Unreadable:
        """Return the boot time in seconds since the epoch; read once."""
        if self._boot_time is None:
            self._boot_time = self._at(f"{self._base}/stat", lambda path: _parse_boot_time(_read(path)))
        return self._boot_time

    def _read(self, pid: int, name: str, parse: Callable[[bytes], T]) -> T | Unreadable:
        return self._at(f"{self._base}/{pid}/{name}", lambda path: parse(_read(path)))

    def _at(self, path: str, act: Callable[[str], T]) -> T | Unreadable:
        try:
            return act(path)
        except FileNotFoundError as error:
            return self._missing(Path(path), error)
        except OSError as error:
            return from_os_error(error, Path(path).name)
        except (ValueError, IndexError, KeyError):
            return Unreadable(reason=Reason.FAILED, detail=f"{Path(path).name}: not in the expected form")

    def _missing(self, path: Path, error: FileNotFoundError) -> Unreadable:
        if not self.root.exists():
            return NEEDS_LINUX
        if path.parent.exists():
            return Unreadable(reason=Reason.ABSENT, detail=f"{path.name}: not offered by this kernel")
        return from_os_error(error, path.name)


def _read(path: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunks = []
        size = 0
        while size < max_bytes and (chunk := os.read(file, min(max_bytes - size, READ_BYTES))):
            chunks.append(chunk)
            size += len(chunk)
        return b"".join(chunks)
    finally:
        os.close(file)


def _inode(path: str) -> int:
    return Path(path).stat().st_ino


def _count(path: str) -> int:
    return Path(path).stat().st_size or len(_numbers(path))


def _numbers(path: str) -> tuple[int, ...]:
    return tuple(int(name) for name in os.listdir(path) if name.isdecimal())  # noqa: PTH208 - names, not paths: 5 x faster


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _arguments(raw: bytes) -> tuple[str, ...]:
    # setproctitle leaves the rest of the argument area as NULs.
    stripped = raw.rstrip(b"\0")
    return tuple(_text(part) for part in stripped.split(b"\0")) if stripped else ()


def _pairs(raw: bytes) -> Iterable[tuple[str, str]]:
    for entry in raw.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals:
            yield _text(name), _text(value)


def _parse_stat(raw: bytes, boot_time: float) -> ProcessStat:
    # The name stands in parentheses and may hold spaces and parentheses itself: fields start after the last.
    fields = raw[raw.rindex(b")") + 2 :].split()
    return ProcessStat(
        state=_text(fields[0]),
        parent_pid=int(fields[1]),
        cpu_s=(int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S,
        threads=int(fields[17]),
        started_at=boot_time + int(fields[19]) / CLOCK_TICKS_PER_S,
        rss_bytes=int(fields[21]) * PAGE_BYTES,
    )


def _colon_fields(raw: bytes) -> Mapping[str, str]:
    lines = (line.partition(":") for line in _text(raw).splitlines())
    return {name: value.strip() for name, _, value in lines}


def _parse_status(raw: bytes) -> ProcessStatus:
    fields = _colon_fields(raw)
    pids = fields.get("NSpid", fields["Pid"]).split()
    return ProcessStatus(uid=int(fields["Uid"].split()[1]), namespace_pid=int(pids[-1]))


def _parse_switches(raw: bytes) -> ContextSwitches:
    fields = _colon_fields(raw)
    return ContextSwitches(
        voluntary=int(fields["voluntary_ctxt_switches"]),
        involuntary=int(fields["nonvoluntary_ctxt_switches"]),
    )


def _parse_fd_limit(raw: bytes) -> int:
    line = next(line for line in _text(raw).splitlines() if line.startswith("Max open files"))
    return int(line.split()[3])


def _parse_boot_time(raw: bytes) -> float:
    return float(next(line.split()[1] for line in raw.splitlines() if line.startswith(b"btime ")))


def _socket_links(path: str) -> Mapping[int, int]:
    inodes = {}
    for fd in _numbers(path):
        try:
            link = os.readlink(f"{path}/{fd}")  # noqa: PTH115 - a Path for each of 20,000 links costs 4 x as much
        except FileNotFoundError:
            continue  # closed since the listing
        if match := _SOCKET_LINK.fullmatch(link):
            inodes[fd] = int(match[1])
    return inodes
