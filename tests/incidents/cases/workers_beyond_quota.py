"""Workers are added to a container whose CPU was enough for two of them."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.cpu import CpuGroup, cpu_group
from tests.incidents.deployments import configured
from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind

CORES: Final = 1.0
ADDED: Final = 14
BETWEEN_S: Final = 0.5


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    """Ask gunicorn's master for more workers, one at a time, as its manual says."""
    for _ in range(ADDED):
        os.kill(stage.app.pid, signal.SIGTTIN)
        time.sleep(BETWEEN_S)
    yield


def manifested(stage: Stage) -> Confirmation:
    group, processes = stage.companion(CpuGroup), len(stage.app.pids())
    before, cores, seen = group.periods(), stage.service_cores(), stage.load.seen()
    stopped = group.stopped_since(before)
    return Confirmation(
        holds=seen.p95_s > 1.0 and processes > ADDED and cores > 0.7 * CORES and stopped > 0.3,
        measured=f"{seen}; {processes - 1} workers on {CORES:g} core; {cores:.2f} cores busy with the same "
        f"traffic as before; stopped by the quota in {stopped:.0%} of the periods",
    )


INCIDENT: Final = Incident(
    name="workers-beyond-quota",
    cause="worker-oversubscription",
    story="Somebody adds fourteen workers to a container of one core; each keeps a price index of its own up "
    "to date, and the upkeep of sixteen copies needs more CPU than there is.",
    deployment=configured(
        replace(
            INVOICING, kind=ServerKind.GUNICORN, workers=2, beside=(cpu_group(CORES),), under=IN_THE_GROUP
        ),
        {"RATES_EVERY_S": "1"},
    ),
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # The quota is used up, and stops all workers, because there are so many of them.
    consequences=frozenset({"cpu-saturation", "cpu-throttling"}),
    manifests_within_s=60.0,
    needs=frozenset({Need.CONTROL_GROUPS}),
    falls_short="the throttling that too many workers bring about is certain, and named first",
)
