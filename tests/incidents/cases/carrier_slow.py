"""A partner of a service with `def` routes becomes slow; the threads suffice, only its own route waits."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Route

SLOW_S: Final = 3.0


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=SLOW_S)


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    shipping, products = stage.load.seen(route="/shipping/{id}"), stage.load.seen(route="/products")
    return Confirmation(
        holds=shipping.p50_s > 0.7 * SLOW_S and products.p95_s < 0.25 and partner_s > 0.7 * SLOW_S,
        measured=f"{shipping} where the carrier is asked, p95 {products.p95_s:.2f} s where it is not; "
        f"the carrier answers in {partner_s:.2f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="carrier-slow",
    cause="slow-external-dependency",
    story="The carrier's tracking service begins to take three seconds; the shop asks it with `requests` in "
    "a `def` route, and no metric of a client library says so.",
    deployment=SHOP,
    traffic=(*SHOP_TRAFFIC[:-1], Route(path="/shipping/{id}", rps=8)),
    fault=fault,
    manifested=manifested,
)
