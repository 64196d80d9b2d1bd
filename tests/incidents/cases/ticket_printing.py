"""Connections are held during calls of a partner that is as fast as ever: more traffic empties the pool."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

PDF_SERVICE_S: Final = 0.7
POOL_OF_BOTH_WORKERS: Final = 8


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/bookings/{id}/ticket", rps=16))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    partner_s, calls = stage.upstream.answers_in_s(), stage.app.connections_to(stage.upstream.port)
    held = stage.sessions().held
    return Confirmation(
        holds=seen.p95_s > 1.5 and held >= POOL_OF_BOTH_WORKERS - 3 and partner_s < 1.5 * PDF_SERVICE_S,
        measured=f"{seen} on a route that calls nobody; {held} of {POOL_OF_BOTH_WORKERS} connections held "
        f"idle in transaction; the partner answers in {partner_s:.2f} s on {calls} connections; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="ticket-printing",
    cause="connection-held-during-slow-work",
    story="The day before the festival everybody prints tickets; the route holds its transaction while the "
    "PDF service draws for its usual 0.7 s, and four connections per worker carry eleven tickets a second.",
    deployment=replace(configured(BOOKINGS, {"DB_POOL_MAX": "4"}), upstream_latency_s=PDF_SERVICE_S),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"db-pool-exhaustion"}),
)
