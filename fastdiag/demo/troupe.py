"""The demo's processes: started into one process group and one temporary directory, ended without a trace."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fastdiag.errors import FastdiagError

LOOPBACK: Final = "127.0.0.1"
START_LIMIT_S: Final = 20.0
END_LIMIT_S: Final = 5.0
POLL_S: Final = 0.05
_PORT_ATTEMPTS: Final = 3
_LOG_LINES: Final = 3
_INHERITED: Final = (
    "DYLD_LIBRARY_PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "TMPDIR",
    "VIRTUAL_ENV",
)
"""What a child gets of the environment. Not the rest: WEB_CONCURRENCY, UVICORN_*, OTEL_*, a proxy or
PROMETHEUS_MULTIPROC_DIR would each change the play, and the user's secrets do not belong there."""


class Troupe:
    """A context manager around child processes; leaving it ends all of them and removes ``directory``."""

    directory: Path

    def __init__(self) -> None:
        self._exit = ExitStack()
        self._reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            directory = tempfile.TemporaryDirectory(prefix="fastdiag-demo-", ignore_cleanup_errors=True)
            self.directory = Path(stack.enter_context(directory))
            self._reaper = subprocess.Popen(
                [sys.executable, "-m", "fastdiag.demo.reaper", str(self.directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment({}),
                process_group=0,
            )
            stack.callback(_dismiss, self._reaper)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def start(
        self, name: str, module: str, *options: str, settings: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start ``python -m module options`` in the troupe's directory; its output goes to a file there."""
        if self._reaper is None:
            raise RuntimeError("the troupe has not been entered")
        with self._log(name).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=_environment(settings or {}),
                process_group=self._reaper.pid,
            )
        self._exit.callback(_end, process)
        return process

    def serve(
        self, name: str, module: str, *options: str, settings: Mapping[str, str] | None = None
    ) -> tuple[int, int]:
        """Start a server that takes ``--port`` on a free port; return its pid and the port once it listens.

        Raises:
            FastdiagError: it ended, or did not listen within ``START_LIMIT_S``.

        """
        for _ in range(_PORT_ATTEMPTS):
            port = free_port()
            process = self.start(name, module, *options, "--port", str(port), settings=settings)
            if _listens(process, port):
                return process.pid, port
            if "address already in use" not in self._last_words(name).lower():
                break
        raise FastdiagError(
            f"the demo's {name} did not start: {self._last_words(name) or 'it said nothing'}",
            hint="run it again; if it fails again, the demo's packages may be of other versions: "
            "pip install --force-reinstall 'fastdiag[demo]'",
        )

    def _log(self, name: str) -> Path:
        return self.directory / f"{name.replace(' ', '-')}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join([line.strip() for line in lines if line.strip()][-_LOG_LINES:])


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    """Return True as soon as the condition holds, False if it does not within ``limit_s`` seconds."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(POLL_S)
    return True


def free_port() -> int:
    """Return a TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Return whether somebody accepts connections on this port of the loopback interface."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Return whether the process came to listen; False as soon as it has ended."""
    wait_until(lambda: process.poll() is not None or accepts(port), START_LIMIT_S)
    return process.poll() is None and accepts(port)


def _environment(settings: Mapping[str, str]) -> Mapping[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | dict(settings)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_LIMIT_S)


def _dismiss(reaper: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which has the reaper end whatever still lives; then wait for it."""
    if reaper.stdin is not None:
        reaper.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        reaper.wait(END_LIMIT_S)
    _end(reaper)
