"""Requests hold a pooled connection while they wait for something that is neither a lock nor an upstream."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 10


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/orders/{id}/confirmation", rps=5))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products/{id}")
    sessions = stage.sessions()
    return Confirmation(
        holds=seen.p95_s > 1.5
        and sessions.held >= POOL_OF_BOTH_WORKERS - 2
        and not sessions.locked
        and cores < 0.8,
        measured=f"{seen}; {sessions.held} of {POOL_OF_BOTH_WORKERS} connections held idle in transaction, "
        f"{sessions.locked} wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="pool-drained",
    cause="db-pool-exhaustion",
    story="A new version of the mobile app long-polls for order confirmations; each poll keeps its database "
    "session for three seconds, and a pool of five per worker is soon empty.",
    deployment=configured(ORDERS, {"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "0"}),
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    tier=Tier.EVERY_RUN,
)
