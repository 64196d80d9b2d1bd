"""Asking the public command about a running stage, with all sources or only some."""

import json
import subprocess
import time
from pathlib import Path
from typing import Final, TypedDict

from tests.incidents.model import Answer, RankedCause, Sources
from tests.incidents.stage import Stage
from tests.stack.postgres import MONITOR
from tests.stack.processes import clean_environment, script

# Incidents last about a minute; the default window of five would mostly see the time before they began.
WINDOW: Final = "20s"
PATIENCE_S: Final = 60.0


class NoAnswerError(AssertionError):
    """The command did not produce a diagnosis."""


class CauseDocument(TypedDict):
    """The keys read here of one element of `causes` in fastdiag's JSON."""

    rank: int
    id: str
    verdict: str
    probability: float


class DiagnosisDocument(TypedDict):
    """The keys read here of fastdiag's JSON."""

    status: str
    causes: list[CauseDocument]


def ask(stage: Stage, sources: Sources, *, save: Path | None = None) -> Answer:
    """Run `fastdiag snapshot` on the stage; raise NoAnswerError when it fails or does not print JSON."""
    command = [
        script("fastdiag"),
        "snapshot",
        *options(stage, sources),
        "--window",
        WINDOW,
        "--format",
        "json",
    ]
    if save is not None:
        command += ["--save", str(save)]
    started = time.monotonic()
    done = subprocess.run(
        command,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    seconds = time.monotonic() - started
    shown = (
        f"{' '.join(command)}\nended with code {done.returncode}\n{done.stderr[-2000:]}{done.stdout[:4000]}"
    )
    if done.returncode != 0:
        raise NoAnswerError(shown)
    try:
        document: DiagnosisDocument = json.loads(done.stdout)
    except ValueError as error:
        raise NoAnswerError(f"stdout is not JSON ({error}): {shown}") from error
    return _answer(document, sources, seconds)


def options(stage: Stage, sources: Sources) -> list[str]:
    """Return the options that give fastdiag these sources and no others."""
    process = ["--pid", str(stage.app.pid)]
    database = ["--postgres", stage.cluster.dsn(MONITOR, stage.database)]
    match sources:
        case Sources.ALL:
            pages = ["--app-url", stage.app.url, "--metrics-url", stage.metrics_url]
            return ["--prometheus", stage.prometheus.url, *database, *process, *pages]
        case Sources.PROCESSES_AND_POSTGRES:
            return [*process, *database, "--only", "processes", "--only", "postgres"]
        case Sources.PROCESSES:
            return [*process, "--only", "processes"]


def _answer(document: DiagnosisDocument, sources: Sources, seconds: float) -> Answer:
    causes = tuple(
        RankedCause(
            rank=cause["rank"], id=cause["id"], verdict=cause["verdict"], probability=cause["probability"]
        )
        for cause in document["causes"]
    )
    return Answer(sources=sources, status=document["status"], causes=causes, seconds=seconds)
