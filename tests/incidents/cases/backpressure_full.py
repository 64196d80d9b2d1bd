"""The worker takes so many requests at a time; these wait, and the others stand before the door."""

from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import configured
from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

AT_A_TIME: Final = 12
LONG_S: Final = 10.0


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/invoices/{id}/payment", rps=8))


def manifested(stage: Stage) -> Confirmation:
    cores, newcomer_s = stage.service_cores(), LONG_S
    with suppress(httpx.TimeoutException):  # whoever has a connection keeps it, and with it a place
        newcomer_s = httpx.get(f"{stage.app.url}/terms", timeout=LONG_S).elapsed.total_seconds()
    active = stage.sessions().active
    return Confirmation(
        holds=newcomer_s > 2.0 and cores < 0.5 and active <= 2,
        measured=f"a new client waits {newcomer_s:.1f} s for a route that never waits; {stage.load.seen()}; "
        f"{AT_A_TIME} connections at a time; {active} database sessions active; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="backpressure-full",
    cause="worker-saturation",
    story="Shops begin to long-poll for payments, four seconds each; granian was told to take twelve "
    "requests at a time, and whoever comes next waits in the kernel's queue beside an idle CPU.",
    deployment=configured(
        replace(INVOICING, kind=ServerKind.GRANIAN), {"GRANIAN_BACKPRESSURE": str(AT_A_TIME)}
    ),
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
