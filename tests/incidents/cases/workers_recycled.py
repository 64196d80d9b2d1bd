"""Workers are replaced after so few requests that at full traffic they hardly do anything else."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import STOREFRONT, configured
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import workers_started
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

WORKERS_AT_FIRST: Final = 2


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/products", rps=23), Route(path="/products/{id}", rps=23))


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(15)
    started = workers_started(stage.app)
    return Confirmation(
        holds=started >= WORKERS_AT_FIRST + 6 and (seen.p95_s > 0.3 or seen.failed > 0),
        measured=f"{seen}; gunicorn has started {started} workers to have two; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="workers-recycled",
    cause="worker-restarts",
    story="`--max-requests 40` against a leak of years ago was no trouble at four requests a second; a "
    "campaign brings fifty, and the workers stop and start all the time, often both at once.",
    deployment=configured(STOREFRONT, {"GUNICORN_CMD_ARGS": "--max-requests 40"}),
    traffic=(Route(path="/products", rps=2), Route(path="/products/{id}", rps=2)),
    fault=fault,
    manifested=manifested,
    falls_short="a worker that ends by plan leaves no line of its death; the rest looks like a held-up loop",
)
