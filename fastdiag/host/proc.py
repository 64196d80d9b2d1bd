"""Tolerant readers of one process under /proc, as described in proc(5).

Every reader returns its value or an `Unreadable`; none raises for a process that ends while it is read.
A zombie has a stat, and reads as: no arguments, no descriptors.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from fastdiag.host import proc_formats as formats
from fastdiag.host.proc_formats import ContextSwitches, ProcessStat, ProcessStatus
from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable, from_os_error

__all__ = ["ContextSwitches", "Proc", "ProcessStat", "ProcessStatus"]

MAX_FILE_BYTES: Final = 1 << 20
MAX_TABLE_BYTES: Final = 64 << 20  # net/tcp has 150 bytes a socket
MAX_MAPS_BYTES: Final = 8 << 20  # 100 bytes a mapping; a large application has 2,000
READ_BYTES: Final = 1 << 16
MAX_PEEK_BYTES: Final = 1 << 10
NANOSECONDS_PER_S: Final = 1e9

T = TypeVar("T")


class Proc:
    """One /proc tree; ``root`` is injectable: a container's /proc, a tree planted by a test."""

    __slots__ = ("_base", "_boot_time", "root")

    def __init__(self, root: Path = Path("/proc")) -> None:
        self.root = root
        self._base = str(root)  # joining Paths would take longer than the reads
        self._boot_time: float | Unreadable | None = None

    def is_there(self) -> bool:
        """Whether this is a /proc at all: other platforms have none, or an empty directory."""
        try:
            return next(self.root.iterdir(), None) is not None
        except OSError:
            return False

    def pids(self) -> tuple[int, ...] | Unreadable:
        """Return the ids of all visible processes. Where `hides_processes`, a missing one is no evidence."""
        return self._at(self._base, _numbers)

    def scan(self, is_candidate: Callable[[str], bool]) -> Mapping[int, str] | Unreadable:
        """Return pid -> comm of the processes whose comm is wanted, at one small read a process."""
        pids = self.pids()
        if isinstance(pids, Unreadable):
            return pids
        verdicts: dict[str, bool] = {}  # thousands of processes share a few names
        found = {}
        for pid in pids:
            comm = self.comm(pid)
            if isinstance(comm, Unreadable):
                continue
            if comm not in verdicts:
                verdicts[comm] = is_candidate(comm)
            if verdicts[comm]:
                found[pid] = comm
        return found

    def hides_processes(self) -> bool:
        """Whether /proc is mounted with hidepid and this user is not root: others' processes look absent."""
        mounts = self._at(f"{self._base}/self/mountinfo", _read)
        if isinstance(mounts, Unreadable) or os.geteuid() == 0:
            return False
        ours = (line for line in mounts.splitlines() if b" - proc " in line)
        return any(re.search(rb"hidepid=(?!0\b|off\b)", line) for line in ours)

    def comm(self, pid: int) -> str | Unreadable:
        """Return the name of the process, cut to 15 bytes by the kernel. Never blocks, unlike `cmdline`."""
        return self._at(f"{self._base}/{pid}/comm", _name)

    def cmdline(self, pid: int) -> tuple[str, ...] | Unreadable:
        """Return the arguments: none for zombies and kernel threads, one after setproctitle."""
        return self._at(f"{self._base}/{pid}/cmdline", _command)

    def environ(self, pid: int) -> Mapping[str, str] | Unreadable:
        """Return the environment that the process started with. It holds secrets: never keep or show it."""
        return self._read(pid, "environ", lambda raw: dict(formats.pairs(raw)))

    def cwd(self, pid: int) -> Path | Unreadable:
        """Return the working directory; readable exactly where wchan and descriptors are."""
        return self._at(f"{self._base}/{pid}/cwd", lambda path: Path(path).readlink())

    def stat(self, pid: int) -> ProcessStat | Unreadable:
        """Return parent, state, CPU time, start, threads and resident memory."""
        boot_time = self.boot_time()
        if isinstance(boot_time, Unreadable):
            return boot_time
        return self._read(pid, "stat", lambda raw: formats.process_stat(raw, boot_time))

    def status(self, pid: int) -> ProcessStatus | Unreadable:
        """Return the effective user and the pid inside the process's own namespace."""
        return self._read(pid, "status", formats.process_status)

    def children(self, pid: int) -> tuple[int, ...] | Unreadable:
        """Return the children that a process's threads have started, zombies too; any user may ask.

        Needs CONFIG_PROC_CHILDREN, which distributions set.
        """
        tids = self.tasks(pid)
        if isinstance(tids, Unreadable):
            return tids
        lists = [
            self._read(pid, f"task/{tid}/children", lambda raw: tuple(map(int, raw.split()))) for tid in tids
        ]
        if lists and all(isinstance(found, Unreadable) for found in lists):
            return lists[0]
        return tuple(child for found in lists if not isinstance(found, Unreadable) for child in found)

    def tasks(self, pid: int) -> tuple[int, ...] | Unreadable:
        """Return the thread ids; the main thread's equals the pid."""
        return self._at(f"{self._base}/{pid}/task", _numbers)

    def context_switches(self, pid: int, tid: int | None = None) -> ContextSwitches | Unreadable:
        """Return the context switches of one task, of the main thread unless told."""
        return self._read(pid, f"task/{tid or pid}/status", formats.context_switches)

    def run_queue_wait_s(self, pid: int, tid: int | None = None) -> float | Unreadable:
        """Return the seconds that one task was ready to run and had no CPU (schedstat field 2)."""
        return self._read(
            pid, f"task/{tid or pid}/schedstat", lambda raw: int(raw.split()[1]) / NANOSECONDS_PER_S
        )

    def wchan(self, pid: int, tid: int | None = None) -> str | Unreadable:
        """Return the kernel function that a task sleeps in; "0" when it runs. Denied is told from running."""
        name = self._read(pid, f"task/{tid or pid}/wchan", formats.text)
        if name != "0":
            return name
        # The kernel prints 0 for "may not look" too; cwd is guarded by the same check and does say so.
        cwd = self.cwd(pid)
        is_denied = isinstance(cwd, Unreadable) and cwd.reason is Reason.DENIED
        return Unreadable(reason=Reason.DENIED, detail="wchan: permission denied") if is_denied else name

    def syscall(self, pid: int, tid: int) -> str | Unreadable:
        """Return the system call in which a task sleeps, and its arguments. Takes the right to trace it."""
        return self._read(pid, f"task/{tid}/syscall", formats.text)

    def cgroup(self, pid: int) -> str | Unreadable:
        """Return the control groups of the process: lines of "hierarchy:controllers:path"."""
        return self._read(pid, "cgroup", formats.text)

    def maps(self, pid: int) -> str | Unreadable:
        """Return the files mapped into a process's memory, a line each; readable as `cwd`."""
        return self._at(f"{self._base}/{pid}/maps", lambda path: formats.text(_read(path, MAX_MAPS_BYTES)))

    def system(self, name: str) -> str | Unreadable:
        """Return /proc/``name``, a figure of the whole machine: meminfo, vmstat, pressure/cpu."""
        return self._at(f"{self._base}/{name}", lambda path: formats.text(_read(path)))

    def net(self, pid: int | None, table: str) -> str | Unreadable:
        """Return /proc/PID/net/``table`` of the process's network namespace (None: ours)."""
        path = f"{self._base}/{'self' if pid is None else pid}/net/{table}"
        return self._at(path, lambda path: formats.text(_read(path, MAX_TABLE_BYTES)))

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
        return self._read(pid, "limits", formats.fd_limit)

    def fd_links(self, pid: int) -> Mapping[int, str] | Unreadable:
        """Return descriptor -> what it leads to, for root or the same user's dumpable processes."""
        return self._at(f"{self._base}/{pid}/fd", _links)

    def touched_at(self, pid: int, fd: int) -> float | Unreadable:
        """Return when the file behind a descriptor was last modified, by its own time stamp, in seconds."""
        return self._at(f"{self._base}/{pid}/fd/{fd}", lambda path: Path(path).stat().st_mtime)

    def fd_link(self, pid: int, fd: int) -> str | Unreadable:
        """Return what one descriptor leads to: "socket:[4711]", a path."""
        return self._at(f"{self._base}/{pid}/fd/{fd}", os.readlink)

    def peek(self, pid: int, address: int, count: int) -> bytes | Unreadable:
        """Return at most `MAX_PEEK_BYTES` of the memory of a process; takes the right to trace it."""
        return self._at(f"{self._base}/{pid}/mem", lambda path: _peek(path, address, count))

    def socket_inodes(self, pid: int) -> Mapping[int, int] | Unreadable:
        """Return descriptor -> inode of the open sockets, for root or the same user's dumpable processes."""
        return self._at(
            f"{self._base}/{pid}/fd",
            lambda path: {
                fd: inode
                for fd, link in _links(path).items()
                if (inode := formats.socket_inode(link)) is not None
            },
        )

    def boot_time(self) -> float | Unreadable:
        """Return the boot time in seconds since the epoch; read once."""
        if self._boot_time is None:
            self._boot_time = self._at(f"{self._base}/stat", lambda path: formats.boot_time(_read(path)))
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
        if not self.is_there():
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


def _peek(path: str, address: int, count: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(file, min(count, MAX_PEEK_BYTES), address)
    finally:
        os.close(file)


def _read_at_once(path: str) -> bytes:
    """Read a file of which the kernel gives all that there is in one piece, if it fits."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunk = os.read(file, READ_BYTES)
    finally:
        os.close(file)
    return chunk if len(chunk) < READ_BYTES else _read(path)


def _name(path: str) -> str:
    return formats.text(_read_at_once(path)).rstrip("\n")


def _command(path: str) -> tuple[str, ...]:
    return formats.arguments(_read_at_once(path))


def _inode(path: str) -> int:
    return Path(path).stat().st_ino


def _count(path: str) -> int:
    return Path(path).stat().st_size or len(_numbers(path))


def _numbers(path: str) -> tuple[int, ...]:
    return tuple(int(name) for name in os.listdir(path) if name.isdecimal())  # noqa: PTH208 - names, not paths: 5 x faster


def _links(path: str) -> Mapping[int, str]:
    links = {}
    for fd in _numbers(path):
        try:
            links[fd] = os.readlink(f"{path}/{fd}")  # noqa: PTH115 - a Path for each of 20,000 links costs 4 x as much
        except FileNotFoundError:
            continue  # closed since the listing
    return links
