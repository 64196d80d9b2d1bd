"""The incidents of the test bench: whole stacks with PostgreSQL and Prometheus, staged by another process.

They are there in a checkout of the repository whose development packages are installed. The process speaks
one JSON object a line; it takes its stage down when its standard input ends, also if we are killed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import fastdiag
from fastdiag.config.flags import Flags
from fastdiag.errors import FastdiagError

PLAY: Final = "tests.incidents.play"
LIST_LIMIT_S: Final = 20.0
READY_LIMIT_S: Final = 180.0
"""The slowest incident needs less than half of it on two slow cores."""
END_LIMIT_S: Final = 60.0
"""For taking down every server in order: whatever is killed instead leaves its servers behind."""
_LAST_WORDS_LINES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchIncident:
    """One incident of the bench.

    causes  ids of the injected causes; none where the service is healthy
    lacks   what this machine lacks for it, such as PostgreSQL
    """

    name: str
    story: str
    causes: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchScene:
    """What stands on the stage.

    flags     how `fastdiag snapshot` is told of it
    places    addresses where a person may look around: the service, Prometheus, PostgreSQL
    measured  what confirmed the fault, measured without fastdiag
    """

    flags: Flags
    places: Mapping[str, str]
    measured: str


def checkout() -> Path | None:
    """Return the checkout that this package runs from, None for an installed one."""
    root = Path(fastdiag.__file__).resolve().parents[1]
    return root if root.joinpath(*PLAY.split(".")).with_suffix(".py").is_file() else None


def bench_incidents() -> tuple[BenchIncident, ...]:
    """Return the incidents of the bench; none where there is no checkout, or its packages are missing."""
    root = checkout()
    if root is None:
        return ()
    with suppress(OSError, subprocess.SubprocessError, ValueError, TypeError, LookupError):
        listed = subprocess.run(
            [sys.executable, "-m", PLAY, "--list"],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIST_LIMIT_S,
            check=True,
        )
        return tuple(_incident(json.loads(line)["incident"]) for line in listed.stdout.splitlines())
    return ()


def _incident(told: Mapping[str, object]) -> BenchIncident:
    causes, lacks = told["causes"], told["lacks"]
    if not isinstance(causes, list) or not isinstance(lacks, list):
        raise ValueError("not what the bench says of an incident")  # noqa: TRY004 - foreign text, as other faults in it
    return BenchIncident(
        name=str(told["name"]), story=str(told["story"]), causes=tuple(causes), lacks=tuple(lacks)
    )


@contextmanager
def bench_stage(incident: BenchIncident, *, progress: Callable[[str], None]) -> Iterator[BenchScene]:
    """Bring an incident about, which takes about a minute; leaving ends every process of it.

    Raises:
        FastdiagError: this machine lacks something for it, or the fault did not show.

    """
    root = checkout()
    if root is None or incident.lacks:
        lacking = ", ".join(incident.lacks) or "a checkout of the repository"
        raise FastdiagError(f"{incident.name} needs {lacking}", hint="tests/run installs it on Debian")
    with ExitStack() as leave:
        words = leave.enter_context(tempfile.TemporaryFile("w+"))  # a pipe that nobody reads would fill up
        process = subprocess.Popen(
            [sys.executable, "-m", PLAY, incident.name],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: it then takes its stage down in order
        )
        leave.enter_context(process)  # closes the pipes
        leave.callback(_end, process)
        watchdog = threading.Timer(READY_LIMIT_S, _end, [process])
        watchdog.daemon = True
        watchdog.start()
        try:
            scene = _await(process, words, progress)
        finally:
            watchdog.cancel()
        yield scene
        progress("ending the load and every server")


def _await(process: subprocess.Popen[str], words: TextIO, progress: Callable[[str], None]) -> BenchScene:
    """Read what the bench says until its stage is ready."""
    assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    for line in process.stdout:
        match _said(line):
            case {"progress": str(said)}:
                progress(said)
            case {"ready": {"flags": dict(flags), "places": dict(places), "measured": str(measured)}}:
                return BenchScene(flags=_flags(flags), places=places, measured=measured)
            case {"failed": str(why)}:
                raise FastdiagError(
                    f"the incident did not show: {why}",
                    hint="the machine may be too busy for it; try again when it is calmer",
                )
            case _:
                continue
    words.seek(0)
    last = " / ".join(words.read().strip().splitlines()[-_LAST_WORDS_LINES:])
    raise FastdiagError(
        f"the bench ended, or was not ready within {READY_LIMIT_S:.0f} s: {last or 'it said nothing'}",
        hint="tests/run prepares a checkout: packages and servers",
    )


def _said(line: str) -> object:
    """Return what a line says; None where it is none of the bench's, such as a warning of a library."""
    with suppress(ValueError):
        return json.loads(line)
    return None


def _flags(told: Mapping[str, object]) -> Flags:
    """Return the options as they would have been typed."""

    def one(name: str) -> str | None:
        return str(told[name]) if name in told else None

    def several(name: str) -> tuple[str, ...]:
        given = told.get(name, ())
        return tuple(map(str, given)) if isinstance(given, list) else ()

    config = one("config")
    return Flags(
        config=Path(config) if config else None,
        prometheus=one("prometheus"),
        postgres=one("postgres"),
        pgbouncer=one("pgbouncer"),
        app_url=one("app_url"),
        metrics_url=one("metrics_url"),
        pid=one("pid"),
        window=one("window"),
        before=one("before"),
        queue=several("queue"),
        cache=several("cache"),
        observed=several("symptom"),
    )


def _end(process: subprocess.Popen[str]) -> None:
    """Let the bench take its stage down, at whatever moment; kill it only if it does not."""
    with suppress(OSError):
        assert process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        process.stdin.close()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
