"""Little traffic, and one request among it that takes its time."""

from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

PATIENCE_S: Final = 10.0
SLOW_S: Final = 2.0


def manifested(stage: Stage) -> Confirmation:
    # Sent here, so that there is exactly one: the bench asks some seconds after this has held.
    slow = httpx.get(f"{stage.app.url}/orders/7/confirmation", timeout=PATIENCE_S)
    cores, seen = stage.service_cores(), stage.load.seen(window_s=10.0)
    took = slow.elapsed.total_seconds()
    return Confirmation(
        holds=slow.is_success and took > SLOW_S and not seen.failed and seen.p95_s < 0.4,
        measured=f"{seen}; one other request took {took:.1f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-one-slow-request",
    cause=None,
    story="An internal service with a request a second; one person waits three seconds for a confirmation, "
    "everybody else is answered at once.",
    deployment=ORDERS,
    traffic=tuple(replace(route, rps=route.rps / 24) for route in ORDERS_TRAFFIC),
    fault=nothing,
    manifested=manifested,
)
