"""A courier becomes slow for a service that sees everything: traces, ids, the time of each call."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.beside.collector import TraceCollector
from tests.incidents.deployments import PARCELS, PARCELS_TRAFFIC
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

SLOW_S: Final = 3.0


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=SLOW_S)


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    parcels, products = stage.load.seen(route="/parcels/{id}"), stage.load.seen(route="/products")
    batches = stage.companion(TraceCollector).batches()
    return Confirmation(
        holds=parcels.p50_s > 0.7 * SLOW_S and products.p95_s < 0.25 and batches > 0,
        measured=f"{parcels} where the courier is asked, p95 {products.p95_s:.2f} s where it is not; "
        f"the courier answers in {partner_s:.2f} s; {batches} batches of spans have left; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="courier-slow-traced",
    cause="slow-external-dependency",
    story="The courier's tracking begins to take three seconds; the service traces its requests, gives each "
    "an id and times its calls, so nothing of that is missing.",
    deployment=PARCELS,
    traffic=PARCELS_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
