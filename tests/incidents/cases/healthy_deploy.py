"""A new version takes over under traffic, and no client notices."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage

FIRST_WORKERS_S: Final = 5.0
"""Within this time of the master's start the first workers have started; the reload comes later."""


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    os.kill(stage.app.pid, signal.SIGHUP)
    yield


def manifested(stage: Stage) -> Confirmation:
    seen = stage.load.seen(window_s=15.0)
    master = psutil.Process(stage.app.pid)
    started = [worker.create_time() - master.create_time() for worker in master.children()]
    return Confirmation(
        holds=len(started) == ORDERS.workers
        and min(started) > FIRST_WORKERS_S
        and not seen.failed
        and seen.p95_s < 0.5,
        measured=f"{seen}; {len(started)} workers, the first started {min(started, default=0.0):.0f} s "
        f"after the master",
    )


INCIDENT: Final = Incident(
    name="healthy-deploy",
    cause=None,
    story="A deploy sends gunicorn a HUP: new workers start, the old ones finish what they have, and every "
    "request of the steady traffic is answered.",
    deployment=ORDERS,
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    tier=Tier.QUICK,
)
