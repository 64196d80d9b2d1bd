"""Other programs of the machine take its processors."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import psutil

from tests.incidents.deployments import QUOTES, QUOTES_TRAFFIC, configured
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.processes import running

PER_CORE: Final = 8
LONGEST_S: Final = 120
BUSY: Final = f"import time\nend = time.monotonic() + {LONGEST_S}\nwhile time.monotonic() < end: pass"


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with ExitStack() as neighbours:
        for number in range(PER_CORE * (os.cpu_count() or 1)):
            log = stage.directory / f"encoder-{number}.log"
            neighbours.enter_context(running([sys.executable, "-c", BUSY], name="encoder", log=log))
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    machine = psutil.cpu_percent(interval=1) / 100
    return Confirmation(
        holds=machine > 0.95 and cores < 0.5 and seen.p95_s > 0.5,
        measured=f"{seen}; the machine is {machine:.0%} busy, of which the service has {cores:.2f} cores",
    )


INCIDENT: Final = Incident(
    name="noisy-neighbour",
    cause="host-contention",
    story="Somebody lets a farm of video encoders run on the machine of the service, with the same priority.",
    deployment=configured(QUOTES, {"RATES_TIMEOUT_S": "10"}),
    traffic=QUOTES_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
