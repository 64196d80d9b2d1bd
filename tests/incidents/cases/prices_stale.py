"""Each worker remembers prices for itself, and only the one that is told of a change forgets."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

ASKED: Final = 12


def fault(stage: Stage) -> AbstractContextManager[Load]:
    reprice = Route(path="/prices/{id}", method="PUT", rps=6, body={"price": 4.99})
    return more_users(stage, reprice)


def manifested(stage: Stage) -> Confirmation:
    product = f"{stage.app.url}/prices/7"
    httpx.put(product, json={"price": 9.99}, timeout=5).raise_for_status()
    prices = {httpx.get(product, timeout=5).raise_for_status().json()["price"] for _ in range(ASKED)}
    seen = stage.load.seen()
    return Confirmation(
        holds=len(prices) > 1 and not seen.failed,
        measured=f"{seen}; one product asked for {ASKED} times, each over a new connection, "
        f"right after a change costs {', '.join(map(str, sorted(prices)))}",
    )


INCIDENT: Final = Incident(
    name="prices-stale",
    cause="worker-local-state",
    story="A sale begins; prices are changed through one worker and remembered by all three, so customers "
    "see the old price or the new one, depending on who answers.",
    deployment=replace(STOREFRONT, kind=ServerKind.UVICORN, workers=3),
    traffic=(*STOREFRONT_TRAFFIC, Route(path="/prices/{id}", rps=15), Route(path="/prices/7", rps=4)),
    fault=fault,
    manifested=manifested,
    observed=("inconsistent-responses",),
    falls_short="that answers differ is what a person reports; nothing that is measured supports it",
)
