"""Child processes with a log of their own, ended by the id under which they were started."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.stack.waiting import wait_until

LOG_TAIL_LINES: Final = 30
START_LIMIT_S: Final = 20.0
STOP_LIMIT_S: Final = 4.0


class MissingServerError(Exception):
    """A server program that the stack needs is not installed on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    """A started child process."""

    name: str
    popen: subprocess.Popen[bytes] = field(repr=False)
    log: Path

    @property
    def pid(self) -> int:
        """Process id of the process that was started (a master, where the server forks)."""
        return self.popen.pid

    def wait_ready(self, ready: Callable[[], bool], within_s: float = START_LIMIT_S) -> None:
        """Wait until `ready()` holds; raise with the end of the log if it does not or the process ended."""
        wait_until(
            lambda: self.popen.poll() is not None or ready(),
            what=f"{self.name} is ready",
            within_s=within_s,
            explain=self.log_tail,
        )
        if self.popen.poll() is not None:
            raise AssertionError(f"{self.name} ended with code {self.popen.returncode}\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Return the last lines that the process wrote."""
        return tail(self.log)


@contextmanager
def running(  # noqa: PLR0913 - what the operating system lets one decide about a process
    command: Sequence[str],
    *,
    name: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    working_directory: Path | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
) -> Iterator[ServerProcess]:
    """Run `command` in a session of its own; on leaving, ask it to stop, then end what is left of it.

    An exception that leaves the block carries the end of the log as a note.
    """
    with log.open("ab") as sink:
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**clean_environment(), **(environment or {})},
            cwd=working_directory,
            user=user,
            group=None if user is None else _group_of(user),
            extra_groups=None if user is None else [],
            start_new_session=True,
        )
    try:
        yield ServerProcess(name=name, popen=popen, log=log)
    except Exception as failure:
        if log.stat().st_size:
            failure.add_note(tail(log))
        raise
    finally:
        stop(popen, stop_with)


def stop(popen: subprocess.Popen[bytes], stop_with: signal.Signals = signal.SIGTERM) -> None:
    """Stop a process started by `running`, and whatever it left behind in its own process group."""
    if popen.poll() is None:
        popen.send_signal(stop_with)
        with suppress(subprocess.TimeoutExpired):
            popen.wait(STOP_LIMIT_S)
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only zombies are left
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()


def clean_environment() -> dict[str, str]:
    """Return what a child may inherit: nothing that names a developer's database, Prometheus or server."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        "PATH": os.defpath,
        **kept,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log, whatever bytes it holds."""
    if not log.exists():
        return f"(no log at {log.name})"
    kept = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([f"--- last lines of {log.name} ---", *kept])


def script(name: str) -> str:
    """Return the path of a command installed beside the running interpreter (gunicorn, uvicorn, fastdiag)."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise MissingServerError(f"{name} is not installed in the Python environment of the tests")
    return str(path)


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - does not exist on every platform, and only a root user gets here

    return pwd.getpwnam(user).pw_gid
