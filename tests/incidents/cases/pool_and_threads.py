"""Forty threads against fifteen connections: under a burst the two limits block each other.

Requests that hold a connection need a thread to finish their answer, and every thread waits for one.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

DEFAULT_POOL: Final = 15


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/feeds/products.xml", rps=60), max_in_flight=80)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    held = sum(1 for session in stage.backends() if session.idle_in_transaction)
    return Confirmation(
        holds=seen.oldest_s > 4 and held >= DEFAULT_POOL - 2 and cores < 0.4,
        measured=f"{seen}; {held} of {DEFAULT_POOL} connections held idle in transaction, "
        f"{stage.app.threads()} threads; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="pool-and-threads",
    cause="db-pool-exhaustion",
    story="A price comparison site fetches the product feed in a burst; with SQLAlchemy's default pool of "
    "5 + 10 under forty threads, threads wait for connections whose holders wait for threads.",
    deployment=replace(SHOP, kind=ServerKind.UVICORN, workers=1, shared_metrics=False),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"thread-pool-exhaustion"}),  # each limit is the other's cause
    also_true=frozenset({"thread-pool-deadlock"}),  # which is what the two together are called
    tier=Tier.ON_REQUEST,
)
