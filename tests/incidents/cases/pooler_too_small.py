"""PgBouncer was left with fewer server connections than the service's traffic needs."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.pgbouncer import pooler_of
from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

POOL_OF_PGBOUNCER: Final = 3


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/bookings/{id}/payment", rps=2.5))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    sessions = stage.sessions()
    return Confirmation(
        holds=seen.p95_s > 1.5
        and len(sessions) == POOL_OF_PGBOUNCER
        and sessions.held >= POOL_OF_PGBOUNCER - 1,
        measured=f"{seen}; PgBouncer has {len(sessions)} sessions open of {POOL_OF_PGBOUNCER} that it may, "
        f"{sessions.held} of them held idle in transaction; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="pooler-too-small",
    cause="pgbouncer-pool-exhaustion",
    story="PgBouncer was set to three server connections when the service was a pilot; now sales open, "
    "requests get a connection to the pooler at once and wait inside it for one to the server.",
    deployment=replace(BOOKINGS, beside=(pooler_of(POOL_OF_PGBOUNCER),), environment={"DB_POOL_MAX": "20"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.PGBOUNCER}),
    falls_short="statements seem to run while they wait at the pooler",
)
