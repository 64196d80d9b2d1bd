"""Another service takes every slot of the database server; a service without a pool of its own is refused."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC, configured
from tests.incidents.faults import every_slot_taken
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage


def fault(stage: Stage) -> AbstractContextManager[None]:
    return every_slot_taken(stage, application_name="nightly-batch")


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    used, usable = stage.cluster.connections(), stage.cluster.usable_connections()
    return Confirmation(
        holds=seen.failure_ratio > 0.5 and used >= usable - 1,
        measured=f"{seen}; {used} sessions on {usable} usable slots; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="connection-limit",
    cause="db-connection-limit",
    story="Nightly batch workers open connections until the server has no slot left; the service connects "
    "anew for each request, because PgBouncer was meant to stand in front, and gets `too many clients`.",
    deployment=configured(ORDERS, {"DB_POOL": "none"}),
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    tier=Tier.QUICK,
)
