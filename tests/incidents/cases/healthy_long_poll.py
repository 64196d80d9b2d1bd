"""A route that is slow by design, beside fast ones, with the objective that its team has set."""

from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import nothing
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Route

POLL_S: Final = 5.0


def manifested(stage: Stage) -> Confirmation:
    cores = stage.service_cores()
    polls = stage.load.seen(route="/purchases/{id}/delivery")
    products = stage.load.seen(route="/products")
    failed = stage.load.seen().failed
    return Confirmation(
        holds=not failed and products.p95_s < 0.3 and 0.9 * POLL_S < polls.p50_s < 1.2 * POLL_S,
        measured=f"{polls} where parcels are tracked, p95 {products.p95_s:.2f} s elsewhere; "
        f"{stage.app.threads()} threads; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-long-poll",
    cause=None,
    story="The mobile app long-polls for deliveries: each poll is answered after five seconds, as it is "
    "meant to be, and the team's objective says so.",
    deployment=SHOP,
    traffic=(*SHOP_TRAFFIC[:-1], Route(path="/purchases/{id}/delivery", rps=3)),
    fault=nothing,
    manifested=manifested,
    config="parameters:\n  slow: 6s\n  very_slow: 8s\n",
    warm_up_s=0.0,  # the bench's own limit for healthy traffic is for services without such a route
    manifests_within_s=60.0,
)
