"""`python -m tests.incidents.play`: an incident on stage for somebody else to look at.

One JSON object a line goes to standard output: `{"progress": ...}`, then `{"ready": ...}`. When standard
input ends, at whatever moment, the stage is taken down: so it falls as well when whoever started it is gone.
`--list` tells what there is. `fastdiag demo NAME` uses both.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.incidents.bench import SETTLE_S, manifest
from tests.incidents.beside.statements import PRELOADED
from tests.incidents.diagnose import options
from tests.incidents.model import Confirmation, Incident
from tests.incidents.registry import every_incident
from tests.incidents.stage import Stage
from tests.incidents.truth import truth_of
from tests.stack.postgres import MONITOR, postgres
from tests.stack.processes import MissingServerError

REST_S: Final = 1.0
ENDING: Final = (signal.SIGINT, signal.SIGTERM)
REPEATABLE: Final = ("queue", "cache", "symptom")


def main() -> None:
    """Translate the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incidents.play", description="Stage an incident.")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("name", nargs="?", metavar="NAME", help="the incident")
    chosen.add_argument("--list", action="store_true", help="tell what there is and what each still needs")
    asked = parser.parse_args()
    known = {incident.name: incident for incident in every_incident()}
    if asked.list:
        for incident in known.values():
            _tell("incident", _described(incident))
    elif asked.name in known:
        _play(known[asked.name])
    else:
        parser.error(f"no such incident: {asked.name}")


def _described(incident: Incident) -> dict[str, object]:
    return {
        "name": incident.name,
        "story": incident.story,
        "causes": truth_of(incident).roots,
        "lacks": [need.value for need in incident.unmet],
    }


def _play(incident: Incident) -> None:
    _tell("progress", "starting PostgreSQL")
    try:
        with until_input_ends(), postgres(settings=PRELOADED) as cluster:
            _tell("progress", f"starting {incident.deployment}, Prometheus, and healthy traffic at first")
            with manifest(incident, cluster) as (stage, confirmed, seconds):
                _tell("progress", f"the fault showed after {seconds:.0f} s; letting it last for a while")
                time.sleep(SETTLE_S)
                _tell("ready", _ready(incident, stage, confirmed))
                while True:
                    time.sleep(REST_S)  # in turns: a signal just before one call that lasts would be missed
    except (AssertionError, MissingServerError) as failure:
        _tell("failed", str(failure))
        sys.exit(1)


@contextmanager
def until_input_ends() -> Iterator[None]:
    """Interrupt the block, as Ctrl-C would, when standard input ends; SIGTERM does the same."""
    for word in ENDING:
        signal.signal(word, _interrupt)
    with suppress(KeyboardInterrupt):
        threading.Thread(target=_wait_for_end, daemon=True).start()
        yield


def _interrupt(*_: object) -> None:
    """Interrupt once: what is taken down after that is taken down in peace."""
    for word in ENDING:
        signal.signal(word, signal.SIG_IGN)
    raise KeyboardInterrupt


def _wait_for_end() -> None:
    # Not sys.stdin: its lock would be held by a thread when the interpreter ends.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _ready(incident: Incident, stage: Stage, confirmed: Confirmation) -> dict[str, object]:
    return {
        "flags": _flags(options(stage, incident)),
        "places": {
            "service": stage.app.url,
            "Prometheus": stage.prometheus.url,
            "PostgreSQL": stage.cluster.dsn(MONITOR, stage.database),
        },
        "measured": confirmed.measured,
    }


def _flags(words: list[str]) -> dict[str, object]:
    """Return options and their values by name; those that may stand several times as lists."""
    flags: dict[str, object] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = option.removeprefix("--").replace("-", "_")
        earlier = flags.get(name, [])
        flags[name] = [*earlier, value] if name in REPEATABLE and isinstance(earlier, list) else value
    return flags


def _tell(kind: str, what: object) -> None:
    sys.stdout.write(f"{json.dumps({kind: what})}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
