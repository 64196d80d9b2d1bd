"""A service behind PgBouncer, which has enough server connections for it."""

from dataclasses import replace
from typing import Final

from tests.incidents.beside.pgbouncer import pooler_of
from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

ENOUGH: Final = 8


def manifested(stage: Stage) -> Confirmation:
    cores, seen, sessions = stage.service_cores(), stage.load.seen(), stage.sessions()
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and cores < 1.2 and sessions.active < ENOUGH,
        measured=f"{seen}; PgBouncer has {len(sessions)} sessions open of {ENOUGH}, "
        f"{sessions.active} active; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-pgbouncer",
    cause=None,
    story="Bookings through PgBouncer in transaction mode: forty connections of the service share eight of "
    "the server, and nobody has to wait for one.",
    deployment=replace(BOOKINGS, beside=(pooler_of(ENOUGH),), environment={"DB_POOL_MAX": "20"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=nothing,
    manifested=manifested,
    needs=frozenset({Need.PGBOUNCER}),
)
