"""A service that has only just been started."""

import time
from typing import Final

import psutil

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage


def manifested(stage: Stage) -> Confirmation:
    age = time.time() - psutil.Process(stage.app.pid).create_time()
    seen = stage.load.seen(window_s=1.5)
    return Confirmation(
        holds=0 < seen.p95_s < 0.5 and not seen.failed,
        measured=f"{seen}; the service is {age:.0f} s old",
    )


INCIDENT: Final = Incident(
    name="healthy-cold-start",
    cause=None,
    story="The first process of a new service has just started; pools are empty, counters begin at nothing, "
    "and most of the window that is asked about lies before its birth.",
    deployment=ORDERS,
    traffic=ORDERS_TRAFFIC,
    fault=nothing,
    manifested=manifested,
    window="1m",
    warm_up_s=0.0,
)
