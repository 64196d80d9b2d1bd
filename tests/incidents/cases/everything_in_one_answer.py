"""A route without pages returns all there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import httpx

from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Route

LARGE_BYTES: Final = 1 << 20


@cache
def size_of(url: str) -> int:
    return len(httpx.get(url, timeout=30).content)


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    size_of(f"{stage.app.url}/invoices")  # while somebody can still ask for it
    with more_users(stage, Route(path="/invoices", rps=6), max_in_flight=7):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/products")
    size = size_of(f"{stage.app.url}/invoices")
    return Confirmation(
        holds=seen.p95_s > 0.8 and size > LARGE_BYTES and cores > 0.6,
        measured=f"{seen} on a route with small answers; the large one has {size / LARGE_BYTES:.1f} MiB; "
        f"{cores:.2f} cores busy in a service of one process",
    )


INCIDENT: Final = Incident(
    name="everything-in-one-answer",
    cause="large-responses",
    story="A partner begins to fetch the list of invoices six times a second; it has no pages, and has "
    "grown to twenty thousand entries, validated and serialized on the event loop.",
    deployment=INVOICING,
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # Making the answers uses up the only core, and holds up the loop each time.
    consequences=frozenset({"cpu-saturation", "event-loop-blocking"}),
)
