"""Forty threads against fifteen connections: a short stall is enough, and the two limits block each other.

Requests that hold a connection need a thread to finish their answer, and every thread waits for one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import more_users, open_transaction
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Route

DEFAULT_POOL: Final = 15
MIGRATION_S: Final = 4.0


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    """Lock the table for some seconds; what follows happens after the lock is gone."""
    with more_users(stage, Route(path="/products/{id}", rps=25), max_in_flight=80):
        lock = "LOCK TABLE products IN ACCESS EXCLUSIVE MODE"
        with open_transaction(stage, lock, application_name="migration"):
            time.sleep(MIGRATION_S)
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    sessions = stage.sessions()
    return Confirmation(
        holds=seen.oldest_s > 6 and sessions.held >= DEFAULT_POOL - 2 and not sessions.locked and cores < 0.4,
        measured=f"{seen}; {sessions.held} of {DEFAULT_POOL} connections held idle in transaction, "
        f"{sessions.locked} wait for a lock, {stage.app.threads()} threads; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="pool-and-threads",
    cause="thread-pool-deadlock",
    story="A migration locks the products for four seconds; nothing recovers afterwards: with a "
    "pool of 5 + 10 under forty threads, threads wait for connections whose holders wait for threads.",
    deployment=replace(SHOP, kind=ServerKind.UVICORN, workers=1, shared_metrics=False),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # Both limits are reached, and neither would be for long without the other.
    consequences=frozenset({"db-pool-exhaustion", "thread-pool-exhaustion"}),
)
