"""One kind of request ends the worker that takes it: a document nested deeper than a thread's stack."""

from contextlib import AbstractContextManager
from dataclasses import replace
from functools import reduce
from typing import Final

from tests.incidents.deployments import BACKOFFICE, BACKOFFICE_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import workers_started
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Load, Route

LEVELS: Final = 250
NESTED: Final[dict[str, object]] = reduce(lambda part, _: {"part": part}, range(LEVELS), {"part": None})


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/documents", method="POST", rps=0.3, body=NESTED))


def manifested(stage: Stage) -> Confirmation:
    seen, started = stage.load.seen(window_s=10), workers_started(stage.app)
    died = stage.app.server.log.read_text(encoding="utf-8", errors="replace").count("died")
    return Confirmation(
        holds=died >= 3 and started >= 2 + 3,
        measured=f"{seen} on other routes; {died} workers have died, uvicorn has started {started} in all",
    )


INCIDENT: Final = Incident(
    name="poison-document",
    cause="worker-restarts",
    story="A supplier's system begins to send bills of materials nested in 250 levels and tries again after "
    "each failure; the recursion overflows the small stack of its thread, and the worker dies with SIGSEGV.",
    deployment=replace(BACKOFFICE, kind=ServerKind.UVICORN),
    traffic=(
        *BACKOFFICE_TRAFFIC,
        Route(path="/documents", method="POST", rps=1, body={"part": {"part": None}}),
    ),
    fault=fault,
    manifested=manifested,
)
