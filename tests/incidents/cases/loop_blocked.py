"""An `async def` route waits for a partner with a synchronous client: harmless until it is called often."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

PDF_SERVICE_S: Final = 0.3


def fault(stage: Stage) -> AbstractContextManager[Load]:
    # UvicornWorker reports to gunicorn every tenth turn of its loop: with more of these at once, ten turns
    # would outlast gunicorn's timeout of 30 s, and it would kill the worker. That is another story.
    return more_users(stage, Route(path="/orders/{id}/invoice", rps=9), max_in_flight=10)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products/{id}")
    partner_s = stage.upstream.answers_in_s()
    active = stage.sessions().active
    return Confirmation(
        holds=seen.p95_s > 1.0 and partner_s < 2 * PDF_SERVICE_S and cores < 1.0 and active <= 2,
        measured=f"{seen} on a route that calls nobody; the partner still answers in {partner_s:.2f} s; "
        f"{active} database sessions active; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="loop-blocked",
    cause="event-loop-blocking",
    story="At the end of the month many customers fetch invoices; the route asks the PDF service through "
    "`requests` inside `async def`, so each one stops its worker's event loop for 0.3 s.",
    deployment=replace(ORDERS, upstream_latency_s=PDF_SERVICE_S),
    traffic=(*ORDERS_TRAFFIC, Route(path="/orders/{id}/invoice", rps=0.2)),
    fault=fault,
    manifested=manifested,
    # A blocked loop leaves its transactions open, so others really do wait for their locks and connections;
    # and while both workers are blocked, nobody accepts the next connections.
    consequences=frozenset(
        {"database-locks", "db-pool-exhaustion", "long-transactions", "worker-saturation"}
    ),
    tier=Tier.QUICK,
)
