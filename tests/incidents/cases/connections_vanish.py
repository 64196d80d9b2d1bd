"""Connections are taken from psycopg_pool, not given back, and collected: they leave no session behind."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_BOTH_WORKERS: Final = 12


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/vouchers/{id}", rps=4))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/events")
    sessions = len(stage.sessions())
    return Confirmation(
        holds=(seen.p95_s > 5 or seen.failure_ratio > 0.5) and sessions <= 2 and cores < 0.5,
        measured=f"{seen}; {sessions} sessions are left of the {POOL_OF_BOTH_WORKERS} that the pools may "
        f"open; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="connections-vanish",
    cause="connection-leak",
    story="A newsletter brings customers with expired vouchers; for each one the route raises 404 between "
    "`getconn` and `putconn`. The connection object is collected, the pool goes on counting it.",
    deployment=configured(BOOKINGS, {"DB_POOL_MAX": "6"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion"}),
    falls_short="one decisive finding about a cause that few symptoms point to",
)
