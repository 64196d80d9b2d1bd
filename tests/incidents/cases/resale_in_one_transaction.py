"""The service itself keeps transactions open for a minute: one per upload, at the pace of a contract."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.database import oldest_transaction_s
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 6
LONG_S: Final = 30.0
# No seat twice: two resales of one seat would wait for each other's lock.
UPLOADS: Final = tuple(
    Route(path="/resales", method="POST", rps=0.05, body={"seats": list(range(first, first + 200))})
    for first in range(1, 8001, 200)
)


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, *UPLOADS, timeout_s=240, max_in_flight=20)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    sessions = stage.sessions()
    oldest_s = oldest_transaction_s(stage)
    return Confirmation(
        holds=(seen.p95_s > 5 or seen.failure_ratio > 0.5)
        and oldest_s > LONG_S
        and sessions.held >= 5
        and sessions.locked <= 2,
        measured=f"{seen}; {sessions.held} of {POOL_OF_BOTH_WORKERS} connections held idle in transaction, "
        f"the oldest for {oldest_s:.0f} s; {sessions.locked} wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="resale-in-one-transaction",
    cause="long-transactions",
    story="Resellers upload lists of two hundred seats; each list is one transaction that sleeps between two "
    "seats to keep to a contract, for a hundred seconds, and three connections per worker are soon taken.",
    deployment=configured(BOOKINGS, {"DB_POOL_MAX": "3"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion"}),
    manifests_within_s=75,
)
