"""Streams take every place that the server's concurrency limit has, and everybody else is turned away."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import configured
from tests.incidents.deployments.accounts import INVOICING, INVOICING_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

LIMIT: Final = 30


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/invoices/{id}/events", rps=16), max_in_flight=60)


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen()
    active = stage.sessions().active
    return Confirmation(
        holds=seen.failure_ratio > 0.3 and cores < 0.5 and active <= 2,
        measured=f"{seen}; at most {LIMIT} connections at a time; {active} database sessions active; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="tabs-left-open",
    cause="worker-saturation",
    story="A new page follows its invoice in a stream of events and stays open in many tabs; they take the "
    "thirty places that `--limit-concurrency` allows, and every other request gets a 503.",
    deployment=configured(INVOICING, {"UVICORN_LIMIT_CONCURRENCY": str(LIMIT)}),
    traffic=INVOICING_TRAFFIC,
    fault=fault,
    manifested=manifested,
    falls_short="open streams count as no requests, so that the limit seems far",
)
