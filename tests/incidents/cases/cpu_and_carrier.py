"""Two faults at once: one process has more to compute than it can, and a partner has become slow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC, configured
from tests.incidents.faults import more_users, slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Route

SLOW_S: Final = 4.0


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    feeds = Route(path="/feeds/products.xml", rps=60)
    with slow_upstream(stage, seconds=SLOW_S), more_users(stage, feeds, max_in_flight=40):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, partner_s = stage.service_cores(), stage.upstream.answers_in_s()
    shipping, products = stage.load.seen(route="/shipping/{id}"), stage.load.seen(route="/products/{id}")
    return Confirmation(
        holds=shipping.p50_s > SLOW_S and partner_s > 0.7 * SLOW_S and products.p95_s > 0.6 and cores > 0.75,
        measured=f"{shipping} where the carrier is asked, which answers in {partner_s:.2f} s; "
        f"p95 {products.p95_s:.2f} s where nobody is asked; {cores:.2f} cores busy in the only process",
    )


INCIDENT: Final = Incident(
    name="cpu-and-carrier",
    cause="cpu-saturation",
    story="A price comparison site fetches the product feed without end and keeps the only process at a full "
    "core, on the day on which the carrier's tracking takes four seconds.",
    # As many connections as threads, as in cpu_saturated.py: the pool is not part of this story.
    deployment=configured(
        replace(SHOP, kind=ServerKind.UVICORN, workers=1, shared_metrics=False), {"DB_POOL_SIZE": "40"}
    ),
    traffic=(*SHOP_TRAFFIC[:-1], Route(path="/shipping/{id}", rps=4)),
    fault=fault,
    manifested=manifested,
    also_true=frozenset({"slow-external-dependency"}),
    falls_short="a core that is full explains most of what the slow partner shows",
)
