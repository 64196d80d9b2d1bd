"""Asking the public command about a running stage."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from tests.incidents.model import Incident
from tests.incidents.stage import Stage
from tests.stack.postgres import MONITOR
from tests.stack.processes import clean_environment, script

PATIENCE_S: Final = 60.0


class NoAnswerError(AssertionError):
    """The command did not produce a diagnosis."""


class CauseDocument(TypedDict):
    """The key read here of one element of `causes` in fastdiag's JSON."""

    id: str


class DiagnosisDocument(TypedDict):
    """The key read here of fastdiag's JSON."""

    causes: list[CauseDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the command said: ids of the causes in its order, and how long it took."""

    causes: tuple[str, ...]
    seconds: float


def ask(stage: Stage, incident: Incident, save: Path) -> Answer:
    """Run `fastdiag snapshot` on the stage, and save the snapshot.

    Raises NoAnswerError when it fails or does not print JSON.
    """
    command = [
        *(script("fastdiag"), "snapshot"),
        *options(stage, incident),
        *("--format", "json", "--save", str(save)),
    ]
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
    return Answer(causes=tuple(cause["id"] for cause in document["causes"]), seconds=seconds)


def options(stage: Stage, incident: Incident) -> list[str]:
    """Return the options that let fastdiag see everything there is."""
    return [
        *("--prometheus", stage.prometheus.url),
        *("--postgres", stage.cluster.dsn(MONITOR, stage.database)),
        *("--pid", str(stage.app.pid)),
        *("--app-url", stage.app.url),
        *(("--metrics-url", stage.metrics_url) if stage.has_metrics else ()),
        *(option for companion in stage.company for option in companion.options),
        *("--window", incident.window),
        *_asked(stage, incident),
    ]


def _asked(stage: Stage, incident: Incident) -> list[str]:
    """Return what a person adds: the service's own configuration, and what somebody observed."""
    asked = [word for symptom in incident.observed for word in ("--symptom", symptom)]
    if incident.before:
        asked += ["--before", incident.before]
    if incident.config:
        file = stage.directory / "fastdiag.yaml"
        file.write_text(incident.config, encoding="utf-8")
        asked += ["--config", str(file)]
    return asked
