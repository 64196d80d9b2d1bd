"""A client with its own connection for each parcel, and nobody closes it."""

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.deployments import BACKOFFICE, BACKOFFICE_TRAFFIC, descriptors
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import most_descriptors
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

LIMIT: Final = 512
WATCHED_S: Final = 3.0


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/parcels/{new}/position", rps=15))


def manifested(stage: Stage) -> Confirmation:
    before = most_descriptors(stage.app)
    time.sleep(WATCHED_S)
    now, partner = most_descriptors(stage.app), stage.app.connections_to(stage.upstream.port)
    return Confirmation(
        holds=0.38 * LIMIT < now < 0.8 * LIMIT and now > before and partner > 0.5 * LIMIT,
        measured=f"{stage.load.seen()}; {now} of {LIMIT} descriptors in the fullest worker, "
        f"{(now - before) / WATCHED_S:+.1f} a second; {partner} connections to the carrier",
    )


INCIDENT: Final = Incident(
    name="sessions-unclosed",
    cause="resource-buildup",
    story="Each parcel gets a `requests.Session` of its own, because the carrier wants a header for each; "
    "they stay in a dictionary with their connections, and every few days somebody restarts the service.",
    deployment=replace(BACKOFFICE, under=descriptors(LIMIT)),
    traffic=BACKOFFICE_TRAFFIC,
    fault=fault,
    manifested=manifested,
    observed=("restart-fixes-temporarily",),
    manifests_within_s=60.0,
    # Fifteen more a second: the last of 512 are gone while fastdiag looks.
    consequences=frozenset({"fd-exhaustion"}),
)
