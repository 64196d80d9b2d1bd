"""An `async def` route asks the database through the synchronous driver that it used before."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/products/{id}/bought-with", rps=3), max_in_flight=4)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products")
    active = stage.sessions().active
    return Confirmation(
        holds=seen.p95_s > 0.8 and cores < 0.6 and active <= 2,
        measured=f"{seen} on a route that asks something else; {active} database sessions active; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="sync-driver-in-loop",
    cause="event-loop-blocking",
    story="The web shop begins to show what was bought together; the route kept its psycopg connection when "
    "everything else moved to asyncpg, and stops the only event loop while the database computes.",
    deployment=INVOICING,
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"worker-saturation"}),  # the only worker accepts nobody while its loop is blocked
)
