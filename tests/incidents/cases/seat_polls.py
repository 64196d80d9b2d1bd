"""The pool of psycopg_pool is drained by requests that wait with a connection in hand."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 8


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/bookings/{id}/payment", rps=6))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    sessions = stage.sessions()
    return Confirmation(
        holds=seen.p95_s > 1.5
        and sessions.held >= POOL_OF_BOTH_WORKERS - 2
        and not sessions.locked
        and cores < 1.0,
        measured=f"{seen}; {sessions.held} of {POOL_OF_BOTH_WORKERS} connections held idle in transaction, "
        f"{sessions.locked} wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="seat-polls",
    cause="db-pool-exhaustion",
    story="Sales open for a popular concert; the page polls for the payment, each poll keeps its connection "
    "of psycopg_pool for three seconds, and four connections per worker are not enough.",
    deployment=configured(BOOKINGS, {"DB_POOL_MAX": "4"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    tier=Tier.QUICK,
)
