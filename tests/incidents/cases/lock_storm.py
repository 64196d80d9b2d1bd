"""A maintenance script locks rows and waits; the service's requests queue behind it and drain the pool."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import open_transaction
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage

MANY_WAITERS: Final = 12


def fault(stage: Stage) -> AbstractContextManager[None]:
    reprice = "UPDATE products SET price = price * 1.02"
    return open_transaction(stage, reprice, application_name="psql")


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products")
    waiting = stage.sessions().locked
    return Confirmation(
        holds=seen.p95_s > 1.0 and waiting >= MANY_WAITERS,
        measured=f"{seen} on a route that locks nothing; {waiting} sessions wait for a lock; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="lock-storm",
    cause="database-locks",
    story="Somebody reprices all products in psql and goes to lunch before COMMIT; purchases wait for their "
    "rows, hold their connections meanwhile, and the pool of fifteen per worker runs dry.",
    deployment=SHOP,
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion", "long-transactions", "thread-pool-exhaustion"}),
    tier=Tier.QUICK,
)
