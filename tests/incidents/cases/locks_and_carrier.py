"""Two faults at once that have nothing to do with each other: locked rows, and a slow carrier."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC
from tests.incidents.faults import open_transaction, slow_upstream
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.load import Route

SLOW_S: Final = 3.0
SOME_WAITERS: Final = 4
SLOW_SALES: Final = replace(SHOP_TRAFFIC[-2], rps=0.8)
"""So few that the pool lasts for a while: with it drained, hardly a request would reach the carrier."""


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    reprice = "UPDATE products SET price = price * 0.9 WHERE id = 7"
    with slow_upstream(stage, seconds=SLOW_S), open_transaction(stage, reprice, application_name="psql"):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    shipping = stage.load.seen(route="/shipping/{id}")
    waiting = stage.sessions().locked
    oldest_s = stage.load.seen().oldest_s
    return Confirmation(
        holds=shipping.p50_s > 0.7 * SLOW_S and waiting >= SOME_WAITERS and oldest_s > SLOW_S + 2,
        measured=f"{shipping} where the carrier is asked, which answers in {partner_s:.2f} s; the oldest "
        f"request waits for {oldest_s:.1f} s; {waiting} sessions wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="locks-and-carrier",
    cause="database-locks",
    story="On the first day of the sale the carrier's tracking takes three seconds, as every year; at the "
    "same time somebody marks down the best-selling product in psql and forgets the COMMIT.",
    deployment=SHOP,
    traffic=(*SHOP_TRAFFIC[:-2], SLOW_SALES, Route(path="/shipping/{id}", rps=6)),
    fault=fault,
    manifested=manifested,
    # Purchases hold their connections while they wait for the row, and in time everybody needs one.
    consequences=frozenset({"db-pool-exhaustion", "long-transactions", "thread-pool-exhaustion"}),
    also_true=frozenset({"slow-external-dependency"}),
    tier=Tier.QUICK,
)
