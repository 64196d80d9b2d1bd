"""A second release is started beside the first, and together they want more than the server has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments import BOOKINGS, BOOKINGS_TRAFFIC, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.database import slots
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import APPS, Stage
from tests.stack.apps import ServerKind, app_server
from tests.stack.load import Route
from tests.stack.postgres import APPLICATION

POOL_OF_THE_NEW_RELEASE: Final = 60  # per worker: it has two, and the server 97 slots


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    place = stage.directory / "green"
    place.mkdir()
    settings = {
        "DATABASE_URL": stage.cluster.dsn(APPLICATION, stage.database),
        "DB_POOL_MIN": str(POOL_OF_THE_NEW_RELEASE),
        "DB_POOL_MAX": str(POOL_OF_THE_NEW_RELEASE),
    }
    with (
        app_server(APPS / "bookings.py", directory=place, kind=ServerKind.UVICORN, environment=settings),
        more_users(stage, Route(path="/bookings/{id}/payment", rps=5)),
    ):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route="/bookings/{id}")
    used, usable = slots(stage)
    return Confirmation(
        holds=(seen.p95_s > 1.5 or seen.failure_ratio > 0.2) and used >= usable - 1,
        measured=f"{seen}; {used} sessions on {usable} usable slots; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="two-releases",
    cause="db-connection-limit",
    story="The new release starts beside the old one with a pool of sixty per worker and fills the server; "
    "when sales open, the pools of the old one, made for twenty, cannot grow beyond their first connection.",
    deployment=configured(BOOKINGS, {"DB_POOL_MIN": "1", "DB_POOL_MAX": "20"}),
    traffic=BOOKINGS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    # The old release's pools have their first connections and no more, and requests queue for those.
    consequences=frozenset({"db-pool-exhaustion"}),
)
