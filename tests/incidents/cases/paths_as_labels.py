"""A scanner tries thousands of addresses, and each becomes a label of its own on the metrics page."""

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Final

import httpx

from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

MANY_SERIES: Final = 30_000
PATIENCE_S: Final = 10.0


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/{new}/wp-login.php", rps=30))


def manifested(stage: Stage) -> Confirmation:
    asked, page = time.monotonic(), ""
    with suppress(httpx.TransportError):
        page = httpx.get(stage.metrics_url, timeout=PATIENCE_S).text
    seconds = time.monotonic() - asked
    series = sum(1 for line in page.splitlines() if not line.startswith("#"))
    seen = stage.load.seen(route="/products")
    return Confirmation(
        holds=series > MANY_SERIES and seen.p95_s > 0.3,
        measured=f"{seen} on an ordinary route; the metrics page has {series} series in "
        f"{len(page) >> 20} MiB and takes {seconds:.1f} s",
    )


INCIDENT: Final = Incident(
    name="paths-as-labels",
    cause="metrics-cardinality",
    story="Unknown paths are counted one by one, so that broken links are found; a scanner tries thousands, "
    "each leaves fifty series behind, and rendering the page takes the process at every scrape.",
    deployment=replace(STOREFRONT, kind=ServerKind.UVICORN, workers=1),
    traffic=STOREFRONT_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"cpu-saturation"}),  # once a page takes longer than the pause between scrapes
    manifests_within_s=60.0,
)
