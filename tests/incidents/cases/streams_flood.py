"""More open streams than a worker may have files open."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC, descriptors
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import most_descriptors
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

LIMIT: Final = 256
NEWCOMERS: Final = 8
NEWCOMER_LIMIT_S: Final = 2.0


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/streams/prices?product={id}", rps=25), max_in_flight=700)


def manifested(stage: Stage) -> Confirmation:
    cores, most = stage.service_cores(), most_descriptors(stage.app)
    refused = sum(not _is_let_in(stage.app.url) for _ in range(NEWCOMERS))
    return Confirmation(
        holds=most >= LIMIT - 3 and refused >= NEWCOMERS / 4,
        measured=f"{refused} of {NEWCOMERS} new clients get no answer on a route that streams nothing; "
        f"{most} of {LIMIT} descriptors open in the fullest worker; {cores:.2f} cores busy",
    )


def _is_let_in(url: str) -> bool:
    """Ask on a connection of its own: whoever has one already does not feel the limit."""
    try:
        return httpx.get(f"{url}/products", timeout=NEWCOMER_LIMIT_S).is_success
    except httpx.TransportError:
        return False


INCIDENT: Final = Incident(
    name="streams-flood",
    cause="fd-exhaustion",
    story="The new shop windows each keep a stream of prices open; the unit file still carries the "
    "`LimitNOFILE=256` of a machine long gone, and the workers cannot accept another connection.",
    deployment=replace(STOREFRONT, kind=ServerKind.UVICORN, under=descriptors(LIMIT)),
    traffic=STOREFRONT_TRAFFIC,
    fault=fault,
    manifested=manifested,
    manifests_within_s=60.0,
)
