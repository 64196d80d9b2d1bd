"""Long polls keep a connection of asyncpg's pool each, outside any transaction, to listen for news."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import TICKETS, TICKETS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 10


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/tickets/{id}/news", rps=5))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/tickets")
    sessions = stage.sessions()
    at_work = sum(1 for session in sessions if session.state != "idle")
    return Confirmation(
        holds=seen.p95_s > 1.5 and len(sessions) == POOL_OF_BOTH_WORKERS and at_work <= 3 and cores < 1.0,
        measured=f"{seen}; {len(sessions)} sessions of {POOL_OF_BOTH_WORKERS} that the pools may open, "
        f"{at_work} of them not idle; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="listeners-hold-pool",
    cause="db-pool-exhaustion",
    story="The help desk's new page waits for news of a ticket with LISTEN on a connection of the pool; five "
    "agents with an open page per worker, and nobody else gets a connection.",
    deployment=configured(TICKETS, {"DB_POOL_MAX": "5"}),
    traffic=TICKETS_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
