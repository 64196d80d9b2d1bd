"""A job that belongs into a queue runs inside a request, with one session for all of its minutes."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import LOYALTY, LOYALTY_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.database import oldest_transaction_s
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 8
LONG_S: Final = 30.0


def fault(stage: Stage) -> AbstractContextManager[Load]:
    newsletter = Route(path="/newsletters", method="POST", rps=1, body={"tier": "gold"})
    return more_users(stage, newsletter, timeout_s=240, max_in_flight=14)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/members/{id}")
    sessions = stage.sessions()
    oldest_s = oldest_transaction_s(stage)
    return Confirmation(
        holds=(seen.p95_s > 5 or seen.failure_ratio > 0.5)
        and oldest_s > LONG_S
        and sessions.held >= 6
        and not sessions.locked,
        measured=f"{seen}; {sessions.held} of {POOL_OF_BOTH_WORKERS} connections held idle in transaction, "
        f"the oldest for {oldest_s:.0f} s; {sessions.locked} wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="newsletter-in-one-session",
    cause="long-transactions",
    story="Marketing sends a newsletter to each tier and each town; every request works through its members "
    "for a hundred seconds in the transaction of its session, and four connections per worker are gone.",
    deployment=configured(LOYALTY, {"DB_POOL_SIZE": "4", "DB_MAX_OVERFLOW": "0"}),
    traffic=LOYALTY_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # Who finds no connection waits for one in a thread.
    consequences=frozenset({"db-pool-exhaustion", "thread-pool-exhaustion"}),
    manifests_within_s=75,
)
