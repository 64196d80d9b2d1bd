"""The pool of a service with `def` routes is drained by requests that wait with a connection in hand."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 8


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/purchases/{id}/payment", rps=5))


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
    name="pool-drained-sync",
    cause="db-pool-exhaustion",
    story="The checkout page polls until the payment has arrived; each poll keeps its database session for "
    "three seconds, and four connections per worker are not enough.",
    deployment=configured(SHOP, {"DB_POOL_SIZE": "2", "DB_MAX_OVERFLOW": "2"}),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"thread-pool-exhaustion"}),  # the queue for the pool stands in the threads
    # All forty threads of a worker stand in it, so the four requests that have a connection find no thread.
    also_true=frozenset({"thread-pool-deadlock"}),
)
