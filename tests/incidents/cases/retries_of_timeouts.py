"""A partner has a sick node; a short timeout and urllib3's Retry ask until a well one answers."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC
from tests.incidents.faults import upstream_changed
from tests.incidents.measure.partner import watch_partner
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

TRACKING_RPS: Final = 5.0


def fault(stage: Stage) -> AbstractContextManager[None]:
    return upstream_changed(stage, slow=0.6, slow_s=6.0)


def manifested(stage: Stage) -> Confirmation:
    partner = watch_partner(stage)
    tracking = stage.load.seen(route="/orders/{id}/tracking")
    products = stage.load.seen(route="/products/{id}")
    return Confirmation(
        holds=partner.calls_per_s > 1.8 * TRACKING_RPS and tracking.p95_s > 2 and products.p95_s < 0.25,
        measured=f"{tracking} where the carrier is asked for {TRACKING_RPS:.0f} parcels a second, p95 "
        f"{products.p95_s:.2f} s where it is not; {partner}",
    )


INCIDENT: Final = Incident(
    name="retries-of-timeouts",
    cause="external-api-retries",
    story="One of the carrier's nodes hangs; the service gives each call 0.9 s and lets urllib3 try six more "
    "times, so most requests succeed in the end, and take the sum of their attempts.",
    deployment=CHECKOUT,
    traffic=(*CHECKOUT_TRAFFIC, Route(path="/orders/{id}/tracking", rps=TRACKING_RPS)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    also_true=frozenset({"slow-external-dependency"}),  # six of ten calls do meet the hanging node
    falls_short="without metrics of the client an attempt looks like a call of its own",
)
