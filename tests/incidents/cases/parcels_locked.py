"""A stock-taking script locks the rows that every new parcel updates; the service is traced."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import PARCELS, PARCELS_TRAFFIC
from tests.incidents.faults import open_transaction
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

MANY_WAITERS: Final = 8


def fault(stage: Stage) -> AbstractContextManager[None]:
    count = "SELECT id, stock FROM products ORDER BY id FOR UPDATE"
    return open_transaction(stage, count, application_name="stock-taking")


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting = stage.sessions().locked
    return Confirmation(
        holds=seen.oldest_s > 4 and waiting >= MANY_WAITERS,
        measured=f"{seen}; {waiting} sessions wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="parcels-locked",
    cause="database-locks",
    story="Stock-taking selects all products FOR UPDATE and waits for a person to confirm the figures; new "
    "parcels wait for their rows with the connections of the pool in their hands.",
    deployment=PARCELS,
    traffic=PARCELS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion", "long-transactions"}),
)
