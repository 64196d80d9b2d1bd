"""A migration waits behind a forgotten transaction, and everybody else waits behind the migration."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.faults import open_transaction, statement_in_background
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

MANY_WAITERS: Final = 12


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    forgotten = "SELECT count(*) FROM products"
    migration = "ALTER TABLE products ADD COLUMN weight integer"
    with (
        open_transaction(stage, forgotten, application_name="reporting"),
        statement_in_background(stage, migration, application_name="alembic"),
    ):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    waiting = stage.sessions().locked
    return Confirmation(
        holds=seen.oldest_s > 3 and waiting >= MANY_WAITERS,
        measured=f"{seen}; {waiting} sessions wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="lock-queue",
    cause="database-locks",
    story="A reporting session forgot its transaction; an ALTER TABLE waits for it, and every query on the "
    "table waits behind the ALTER TABLE.",
    deployment=ORDERS,
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion", "long-transactions"}),
)
