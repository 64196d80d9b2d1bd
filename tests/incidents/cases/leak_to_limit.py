"""Sessions opened outside the request leak until the database server itself has no slot left."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import LOYALTY, LOYALTY_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.database import slots, untouched_transactions
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

LONGER_THAN_A_REQUEST_S: Final = 30.0  # clients give up after ten


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/terminals/{id}/cards/7", rps=8))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    used, usable = slots(stage)
    leaked = untouched_transactions(stage, LONGER_THAN_A_REQUEST_S)
    return Confirmation(
        holds=seen.failure_ratio > 0.2 and used >= usable - 1 and leaked > usable / 2,
        measured=f"{seen}; {used} sessions on {usable} usable slots, {leaked} of the service untouched in "
        f"one transaction for more than {LONGER_THAN_A_REQUEST_S:.0f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="leak-to-limit",
    cause="connection-leak",
    story="New terminals look up who holds a card; a cache keeps a look-up with a session of its own for "
    "each. The pool was raised to 100 per worker when it ran dry, so now the server runs out of slots.",
    deployment=configured(LOYALTY, {"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "95"}),
    traffic=LOYALTY_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # The leak fills the server before it fills a pool.
    consequences=frozenset({"db-connection-limit", "long-transactions"}),
    manifests_within_s=75,
)
