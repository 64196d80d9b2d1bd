"""Ordinary `def` routes wait in their threads until all forty of each worker are taken."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import SHOP
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

THREADS_OF_BOTH_WORKERS: Final = 80


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/purchases/{id}/delivery", rps=24), max_in_flight=150)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/currencies")
    threads = stage.app.threads()
    held = stage.sessions().held
    return Confirmation(
        holds=seen.p95_s > 1.0 and threads >= THREADS_OF_BOTH_WORKERS and cores < 1.0,
        measured=f"{seen} on a route that never waits; {threads} threads; "
        f"{held} connections held idle in transaction; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="threads-taken",
    cause="thread-pool-exhaustion",
    story="A parcel tracker long-polls a `def` route, which sleeps in its thread between short queries; "
    "twenty-four polls a second of five seconds each need more than the forty threads of each worker.",
    deployment=SHOP,
    # Nothing here holds a connection beyond its query: the pool is not involved.
    traffic=(Route(path="/currencies", rps=25), Route(path="/shipping/{id}", rps=3)),
    fault=fault,
    manifested=manifested,
)
