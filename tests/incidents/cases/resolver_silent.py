"""The name server stops answering, and a client without a pool asks it for every call."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.resolver import Resolver, resolver_beside
from tests.incidents.beside.resolver import resolver_silent as silent
from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

FIRST_TIMEOUT_S: Final = 5.0  # resolv.conf(5)


def fault(stage: Stage) -> AbstractContextManager[None]:
    return silent(stage)


def manifested(stage: Stage) -> Confirmation:
    cores, answers = stage.service_cores(), stage.companion(Resolver).answers()
    shipping, products = stage.load.seen(route="/shipping/{id}"), stage.load.seen(route="/products")
    partner_s, calls = stage.upstream.answers_in_s(), stage.app.connections_to(stage.upstream.port)
    return Confirmation(
        holds=shipping.p50_s > FIRST_TIMEOUT_S
        and products.p95_s < 0.25
        and partner_s < 0.5
        and not (answers or calls),
        measured=f"{shipping} where the carrier is asked, p95 {products.p95_s:.2f} s where it is not; by its "
        f"address the carrier answers in {partner_s:.2f} s, and {calls} calls to it are under way; the name "
        f"server {'answers' if answers else 'is silent'}; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="resolver-silent",
    cause="dns-resolution",
    story="The node's name server hangs; `requests.get` opens a connection for each call and asks for the "
    "carrier's name first, in vain for five seconds, and then once more.",
    deployment=replace(SHOP, beside=(resolver_beside,)),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.NAMESPACES}),
)
