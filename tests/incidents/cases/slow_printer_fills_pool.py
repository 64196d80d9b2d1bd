"""A partner becomes slow, and the connections held during its calls empty the pool for everybody."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Route

SLOW_S: Final = 3.0
POOL_OF_BOTH_WORKERS: Final = 8


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=SLOW_S)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    partner_s = stage.upstream.answers_in_s()
    held = stage.sessions().held
    return Confirmation(
        holds=seen.p95_s > 1.5 and held >= POOL_OF_BOTH_WORKERS - 2 and partner_s > 0.7 * SLOW_S,
        measured=f"{seen} on a route that calls nobody; {held} of {POOL_OF_BOTH_WORKERS} connections held "
        f"idle in transaction; the partner answers in {partner_s:.2f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="slow-printer-fills-pool",
    cause="slow-external-dependency",
    story="The PDF service begins to take three seconds; every ticket keeps a connection for that long, so "
    "the pool is empty even for those who only look at concerts.",
    deployment=configured(BOOKINGS, {"DB_POOL_MAX": "4"}),
    traffic=(*BOOKINGS_TRAFFIC, Route(path="/bookings/{id}/ticket", rps=6)),
    fault=fault,
    manifested=manifested,
    # The route has held its connection all along; only since the partner is slow does that matter.
    consequences=frozenset({"connection-held-during-slow-work", "db-pool-exhaustion"}),
)
