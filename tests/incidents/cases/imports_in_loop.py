"""Requests are accepted at once, and what they have started computes on beside all later ones."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route


def fault(stage: Stage) -> AbstractContextManager[Load]:
    # Each is answered at once, however much is still to be done.
    prices = Route(path="/price-lists", method="POST", rps=4, body={"rows": 100_000})
    return more_users(stage, prices, max_in_flight=10)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products")
    active = stage.sessions().active
    return Confirmation(
        holds=seen.p95_s > 1.0 and cores > 0.6 and active <= 2,
        measured=f"{seen}; {active} database sessions active; {cores:.2f} cores busy in one process",
    )


INCIDENT: Final = Incident(
    name="imports-in-loop",
    cause="in-process-background-tasks",
    story="A supplier uploads price lists four times a second; each is accepted at once and converted by "
    "`asyncio.create_task`, without a bound, in the process that serves everybody.",
    deployment=INVOICING,
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # The tasks use up the only core, and each turn of the loop gets longer with every one of them.
    consequences=frozenset({"cpu-saturation", "event-loop-blocking"}),
    falls_short="the stacks show tasks of the application's own, which requests make as well",
)
