"""More open streams than a worker may have files open."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside_limits import descriptors
from tests.incidents.deployments import STOREFRONT, STOREFRONT_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.footprint import most_descriptors
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

LIMIT: Final = 256


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/streams/prices?product={id}", rps=25), max_in_flight=700)


def manifested(stage: Stage) -> Confirmation:
    cores, seen, most = stage.service_cores(), stage.load.seen(), most_descriptors(stage.app)
    return Confirmation(
        holds=most >= LIMIT - 3 and (seen.failure_ratio > 0.1 or seen.oldest_s > 2),
        measured=f"{seen} on routes that stream nothing; {most} of {LIMIT} descriptors open in the fullest "
        f"worker; {cores:.2f} cores busy",
    )


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
    tier=Tier.ON_REQUEST,
)
