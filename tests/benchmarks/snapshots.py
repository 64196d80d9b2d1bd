"""Taking snapshots with the real command, in a process whose footprint is watched."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tests.stack.processes import clean_environment

WATCH_S: Final = 0.01
LIMIT_S: Final = 120.0


@dataclass(slots=True)
class Footprint:
    """The most that a process was seen to hold at once."""

    memory_mb: float = 0.0
    threads: int = 0
    descriptors: int = 0
    children: int = 0

    def look(self, pid: int) -> None:
        """Raise the marks by what the process holds now."""
        process = Path(f"/proc/{pid}")
        with suppress(OSError):
            words = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            self.memory_mb = max(self.memory_mb, int(words.get("VmHWM", "0 kB").split()[0]) / 1000)
            self.threads = max(self.threads, int(words["Threads"]))
            self.descriptors = max(self.descriptors, sum(1 for _ in (process / "fd").iterdir()))
            self.children = max(self.children, sum(1 for _ in _children(process)))


def _children(process: Path) -> Iterator[str]:
    for task in (process / "task").iterdir():
        with suppress(OSError):
            yield from (task / "children").read_text().split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One snapshot: what the command took, from its start to its end, and what it printed.

    left  what it left behind: files it made, processes of its session
    """

    seconds: float
    cpu_s: float
    code: int
    footprint: Footprint
    document: dict[str, Any]
    errors: str
    left: tuple[str, ...]

    def source(self, name: str) -> dict[str, Any]:
        """Return what the document says of a source."""
        return next(dict(source) for source in self.document["sources"] if source["name"] == name)

    @property
    def slowest_s(self) -> float:
        """Seconds of the slowest source."""
        return max(float(source["seconds"]) for source in self.document["sources"])


def take(options: Sequence[str], *, checkout: Path | None = None) -> Taken:
    """Run `fastdiag snapshot` with these options and no configuration but them; of ``checkout`` if given."""
    command = [sys.executable, "-m", "fastdiag", "snapshot", "--format", "json", *options]
    with (
        tempfile.TemporaryDirectory(prefix="fastdiag-benchmark-") as home,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        environment = {**clean_environment(), "HOME": home, "TMPDIR": home}
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=checkout,  # from where `python -m` takes its modules
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        footprint, usage = _watch(child)
        seconds = time.monotonic() - started
        printed = _read(out)
        return Taken(
            seconds=seconds,
            cpu_s=usage.ru_utime + usage.ru_stime,
            code=child.returncode,
            footprint=footprint,
            document=json.loads(printed) if printed else {"sources": []},
            errors=_read(err),
            left=(*(path.name for path in Path(home).iterdir()), *_session(child.pid)),
        )


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _watch(child: subprocess.Popen[bytes]) -> tuple[Footprint, resource.struct_rusage]:
    """Wait for the end and return the marks and the kernel's account.

    The memory is the kernel's high-water mark, read until the end: what wait4() tells of it includes the
    size of the process that forked.
    """
    footprint, until = Footprint(), time.monotonic() + LIMIT_S
    while True:
        footprint.look(child.pid)
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return footprint, usage
        if time.monotonic() > until:
            child.kill()
        time.sleep(WATCH_S)


def _session(leader: int) -> Iterator[str]:
    """Yield the processes that are left of a session."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if fields[3] == str(leader):
                yield f"process {process.name}"
