"""A partner becomes slow; the service waits for it properly: with `await`, without a database connection."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import QUOTES, QUOTES_TRAFFIC, configured
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage

SLOW_S: Final = 2.5


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=SLOW_S)


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    quotes, products = stage.load.seen(route="/quotes/{id}"), stage.load.seen(route="/products")
    return Confirmation(
        holds=quotes.p50_s > 0.7 * SLOW_S and products.p95_s < 0.25 and partner_s > 0.7 * SLOW_S,
        measured=f"{quotes} where the partner is asked, p95 {products.p95_s:.2f} s where it is not; "
        f"the partner answers in {partner_s:.2f} s; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="upstream-slow",
    cause="slow-external-dependency",
    story="The provider of exchange rates begins to take 2.5 s instead of 0.05 s.",
    deployment=configured(QUOTES, {"RATES_TIMEOUT_S": "10"}),
    traffic=QUOTES_TRAFFIC,
    fault=fault,
    manifested=manifested,
    tier=Tier.QUICK,
)
