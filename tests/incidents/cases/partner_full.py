"""A partner serves a fixed number of calls at once; more users than that queue inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC
from tests.incidents.faults import more_users, upstream_changed
from tests.incidents.measure.partner import watch_partner
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

OPTIONS: Final = "/delivery-options/{id}"
AT_ONCE: Final = 3
MAY_WAIT: Final = 15
TAKES_S: Final = 0.3


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with (
        upstream_changed(stage, latency_s=TAKES_S, at_once=AT_ONCE, may_wait=MAY_WAIT),
        more_users(stage, Route(path=OPTIONS, rps=16)),
    ):
        yield


def manifested(stage: Stage) -> Confirmation:
    partner = watch_partner(stage)
    options, products = stage.load.seen(route=OPTIONS), stage.load.seen(route="/products/{id}")
    return Confirmation(
        holds=partner.turned_away_ratio > 0.1 and options.p95_s > 4 * TAKES_S and products.p95_s < 0.25,
        measured=f"{options} where the carrier is asked, p95 {products.p95_s:.2f} s where it is not; the "
        f"carrier works on {AT_ONCE} calls of {TAKES_S} s at once; {partner}",
    )


INCIDENT: Final = Incident(
    name="partner-full",
    cause="downstream-capacity-limit",
    story="A campaign brings five times the customers; the carrier's service works on three calls at once, "
    "lets fifteen wait and answers 503 to the rest.",
    deployment=CHECKOUT,
    traffic=(*CHECKOUT_TRAFFIC, Route(path=OPTIONS, rps=3)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    # Calls that queue inside the partner are answered slowly, whoever sent too many of them.
    consequences=frozenset({"slow-external-dependency"}),
    falls_short="without metrics of the client a partner that is full looks most like one that is slow",
)
