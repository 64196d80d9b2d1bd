"""An error path of an asyncpg service forgets to release its connection and the transaction on it."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import TICKETS, TICKETS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.database import untouched_transactions
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 8
LONGER_THAN_A_REQUEST_S: Final = 30.0  # clients give up after ten


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/tickets/{id}/close", method="POST", rps=3))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/tickets")
    leaked = untouched_transactions(stage, LONGER_THAN_A_REQUEST_S)
    return Confirmation(
        holds=(seen.p95_s > 5 or seen.failure_ratio > 0.5) and leaked >= POOL_OF_BOTH_WORKERS - 2,
        measured=f"{seen}; {leaked} of {POOL_OF_BOTH_WORKERS} connections untouched in one transaction for "
        f"more than {LONGER_THAN_A_REQUEST_S:.0f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="leak-on-conflict",
    cause="connection-leak",
    story="Agents close tickets in bulk, half of which are closed already; the route answers 409 and never "
    "releases the connection, until the pool of asyncpg has none left.",
    deployment=configured(TICKETS, {"DB_POOL_MAX": "4"}),
    traffic=TICKETS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion", "long-transactions"}),
    manifests_within_s=75,
)
