"""Each visitor's search is kept for good, because the key of the cache holds the visitor."""

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.memory import MemoryGroup, memory_limit
from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import resident_bytes
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

WATCHED_S: Final = 3.0
MANY_BYTES_A_SECOND: Final = 1 << 20


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/search?q=product&visitor={new}", rps=5))


def manifested(stage: Stage) -> Confirmation:
    group, before = stage.companion(MemoryGroup), resident_bytes(stage.app)
    time.sleep(WATCHED_S)
    pace = (resident_bytes(stage.app) - before) / WATCHED_S
    return Confirmation(
        holds=group.used() > 0.55 and pace > MANY_BYTES_A_SECOND and not group.kills(),
        measured=f"{stage.load.seen()}; resident memory grows by {pace / 2**20:.1f} MiB/s; "
        f"{group.used():.0%} of the limit used, {group.kills()} killed",
    )


INCIDENT: Final = Incident(
    name="search-remembered",
    cause="resource-buildup",
    story="Result pages are remembered by their whole address; since marketing adds a visitor's number to "
    "each link no page is asked for twice, and the process keeps them all until it is restarted at night.",
    deployment=replace(
        STOREFRONT, kind=ServerKind.UVICORN, workers=1, beside=(memory_limit(384),), under=IN_THE_GROUP
    ),
    traffic=STOREFRONT_TRAFFIC,
    fault=fault,
    manifested=manifested,
    observed=("restart-fixes-temporarily",),
    manifests_within_s=90.0,
    needs=frozenset({Need.CONTROL_GROUPS}),
    falls_short="memory that grows for seconds may be a cache that fills up",
)
