"""More Python work than one process can do."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import SHOP, SHOP_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/feeds/products.xml", rps=60), max_in_flight=40)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products/{id}")
    return Confirmation(
        holds=seen.p95_s > 0.8 and cores > 0.9,
        measured=f"{seen}; {cores:.2f} cores busy in a service of one process",
    )


INCIDENT: Final = Incident(
    name="cpu-saturated",
    cause="cpu-saturation",
    story="A price comparison site fetches the product feed far more often than agreed; building the XML "
    "keeps the only process at a full core.",
    # As many connections as threads: with fewer, the two limits block each other (see pool_and_threads.py).
    deployment=configured(
        replace(SHOP, kind=ServerKind.UVICORN, workers=1, shared_metrics=False), {"DB_POOL_SIZE": "40"}
    ),
    traffic=SHOP_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"worker-saturation"}),  # the one worker is at its core, and others queue for it
)
