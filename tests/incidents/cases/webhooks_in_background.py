"""Background tasks of answered requests take the threads that routes need."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

SUBSCRIBER_S: Final = 0.5
THREADS: Final = 40


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/invoices/{id}/sent", method="POST", rps=14), max_in_flight=20)


def manifested(stage: Stage) -> Confirmation:
    cores, terms = stage.service_cores(), stage.load.seen(10, route="/terms")
    products, partner_s, threads = (
        stage.load.seen(route="/products"),
        stage.upstream.answers_in_s(),
        stage.app.threads(),
    )
    return Confirmation(
        holds=terms.p95_s > 1.0
        and threads >= THREADS
        and products.p95_s < 0.6
        and partner_s < 2 * SUBSCRIBER_S,
        measured=f"{terms} on a route that needs a thread, p95 {products.p95_s:.2f} s where none is needed; "
        f"{threads} threads; a subscriber answers in {partner_s:.2f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="webhooks-in-background",
    cause="in-process-background-tasks",
    story="At the end of the month many invoices are sent; for each a background task calls eight "
    "subscribers one after the other, four seconds long, in the threads that `def` routes share.",
    deployment=replace(INVOICING, upstream_latency_s=SUBSCRIBER_S),
    traffic=(*INVOICING_TRAFFIC[:-1], Route(path="/terms", rps=4)),
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"thread-pool-exhaustion"}),  # the tasks stand in all forty threads
    falls_short="also in their stacks, threads of background tasks look like those of requests",
)
