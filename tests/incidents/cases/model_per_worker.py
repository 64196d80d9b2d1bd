"""Every worker loads the same large model, and the container has room for one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.control_group import IN_THE_GROUP
from tests.incidents.beside.memory import MemoryGroup, memory_limit
from tests.incidents.deployments import BACKOFFICE, BACKOFFICE_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.measure.footprint import workers_started
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.apps import ServerKind
from tests.stack.load import Route

PLANNERS: Final = 6


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    # So rarely each that connections are not kept: or they would all end at the worker that has the model.
    with ExitStack() as planners:
        for _ in range(PLANNERS):
            planners.enter_context(more_users(stage, Route(path="/forecasts/{id}", rps=0.5)))
        yield


def manifested(stage: Stage) -> Confirmation:
    group, seen, started = stage.companion(MemoryGroup), stage.load.seen(), workers_started(stage.app)
    return Confirmation(
        holds=group.kills() >= 3 and started >= 3 + 2,
        measured=f"{seen} on routes without the model; the kernel has killed {group.kills()} processes for "
        f"the limit of {group.limit_bytes >> 20} MiB, and uvicorn has started {started} for its three",
    )


INCIDENT: Final = Incident(
    name="model-per-worker",
    cause="memory-exhaustion",
    story="The planners begin to use forecasts; the model is loaded when it is first asked for, once in each "
    "of three workers, and whichever loads it second ends at the container's limit, again and again.",
    deployment=replace(
        BACKOFFICE, kind=ServerKind.UVICORN, workers=3, beside=(memory_limit(380),), under=IN_THE_GROUP
    ),
    traffic=BACKOFFICE_TRAFFIC,
    fault=fault,
    manifested=manifested,
    consequences=frozenset({"worker-restarts"}),
    needs=frozenset({Need.CONTROL_GROUPS}),
    falls_short="the deaths are certain, and what they are of is not: the kernel does not date its kills",
)
