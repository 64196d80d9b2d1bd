"""A partner fails most calls, and a hand-written loop asks it again and again."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC
from tests.incidents.faults import upstream_changed
from tests.incidents.measure.partner import watch_partner
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

PRICES_RPS: Final = 5.0


def fault(stage: Stage) -> AbstractContextManager[None]:
    return upstream_changed(stage, failing=0.7)


def manifested(stage: Stage) -> Confirmation:
    partner = watch_partner(stage)
    prices, events = stage.load.seen(route="/events/{id}/price"), stage.load.seen(route="/events/{id}")
    partner_s = stage.upstream.answers_in_s()
    return Confirmation(
        holds=partner.calls_per_s > 2 * PRICES_RPS
        and prices.p95_s > 2
        and events.p95_s < 0.25
        and partner_s < 0.5,
        measured=f"{prices} where {PRICES_RPS:.0f} prices a second are asked for, p95 {events.p95_s:.2f} s "
        f"where none is; the partner answers or fails in {partner_s:.2f} s; {partner}",
    )


INCIDENT: Final = Incident(
    name="retry-loop",
    cause="external-api-retries",
    story="The rates provider answers seven of ten calls with 500 at once; the service asks up to six times "
    "with growing waits, so a price takes seconds and the sick provider gets a multiple of its load.",
    deployment=BOX_OFFICE,
    traffic=(*BOX_OFFICE_TRAFFIC, Route(path="/events/{id}/price", rps=PRICES_RPS)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    warm_up_s=30,  # what there is to compare with
    config="before: 30s\n",
    also_true=frozenset({"dependency-down"}),  # the partner fails most of the time
)
