"""py-spy as a child process: one dump of the stacks of a process, bounded in time, or why there is none.

A dump holds the process up for 2 ms and takes 15 ms of CPU (measured on CPython 3.11 with 11 threads and
40 frames). ``--nonblocking`` would spare the former, but takes longer, and what it reads of a running thread
may never have been; local variables are never asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.host.unreadable import Reason, Unreadable

PROGRAM: Final = "py-spy"
INSTALL: Final = "pip install 'fastdiag[stacks]'"
MAX_DUMP_S: Final = 2.0
"""For a dump that takes 20 ms: longer, and the machine is in no state to be looked at in this way."""
MAX_DUMP_BYTES: Final = 8 << 20
"""Some 200 threads of 200 frames."""
ALLOW: Final = (
    "reading another process's stacks takes root or CAP_SYS_PTRACE (containers: `docker run"
    " --cap-add SYS_PTRACE`, Kubernetes: securityContext.capabilities.add SYS_PTRACE)"
)
_DENIED: Final = ("permission denied", "operation not permitted", "eperm")
_GONE: Final = ("no such file or directory", "no such process", "failed to open process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One function call: the file's whole path, the function (qualified from Python 3.11 on), the line."""

    file: str
    function: str
    line: int

    @property
    def name(self) -> str:
        """The function without its class."""
        return self.function.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One thread at one moment, the innermost frame first.

    ``tid`` is its id for the kernel, None where py-spy does not know it; ``is_active``: py-spy takes it to
    run; ``has_lock``: it holds the interpreter's lock.
    """

    tid: int | None
    name: str
    is_active: bool
    has_lock: bool
    frames: tuple[Frame, ...]


def find() -> Path | None:
    """Return the program: that of our own environment, or else the first of PATH."""
    beside = Path(sys.executable).with_name(PROGRAM)
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(PROGRAM)
    return Path(found) if found else None


def dump(program: Path, pid: int, within_s: float) -> tuple[Stack, ...] | Unreadable:
    """Return the stacks of all Python threads of a process.

    The process must not be one that somebody has stopped: what stops a process for a dump would wake it.
    """
    command = [str(program), "dump", "--json", "--pid", str(pid)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=min(within_s, MAX_DUMP_S),
        )
    except subprocess.TimeoutExpired:
        _wake(pid)
        return Unreadable(reason=Reason.FAILED, detail="py-spy did not answer in time")
    except OSError as error:
        return Unreadable(
            reason=Reason.FAILED, detail=f"py-spy: {(error.strerror or 'cannot be run').lower()}"
        )
    if done.returncode:
        return _refusal(done.stderr.decode("utf-8", "replace"))
    return parse(done.stdout[:MAX_DUMP_BYTES])


def _wake(pid: int) -> None:
    """Undo what an unfinished dump may leave behind: a debugger that dies can leave a process stopped."""
    with suppress(OSError):
        os.kill(pid, signal.SIGCONT)


def _refusal(said: str) -> Unreadable:
    """Say in our own words why py-spy gave nothing; what it says may quote foreign text."""
    said = said.lower()
    if any(word in said for word in _DENIED):
        return Unreadable(reason=Reason.DENIED, detail=ALLOW)
    if any(word in said for word in _GONE):
        return Unreadable(reason=Reason.GONE, detail="the process ended")
    if "python version" in said or "interpreter" in said:
        return Unreadable(
            reason=Reason.ABSENT,
            detail="py-spy does not know this Python (a newer one may)",
        )
    return Unreadable(reason=Reason.FAILED, detail="py-spy could not read the stacks")


def parse(raw: bytes) -> tuple[Stack, ...] | Unreadable:
    """Read the output of `py-spy dump --json`; fields that a later version adds do not matter."""
    try:
        threads = json.loads(raw)
        return tuple(_stack(thread) for thread in threads)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Unreadable(reason=Reason.FAILED, detail="py-spy's output is not in the expected form")


def _stack(thread: dict[str, object]) -> Stack:
    tid = thread.get("os_thread_id")
    frames = thread["frames"]
    if not isinstance(frames, list):
        raise TypeError(frames)
    return Stack(
        tid=tid if isinstance(tid, int) else None,
        name=str(thread.get("thread_name") or ""),
        is_active=bool(thread.get("active")),
        has_lock=bool(thread.get("owns_gil")),
        frames=tuple(
            Frame(file=str(frame["filename"]), function=str(frame["name"]), line=int(frame["line"]))
            for frame in frames
        ),
    )
