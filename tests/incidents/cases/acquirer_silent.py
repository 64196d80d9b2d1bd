"""An acquirer stops answering, and a `def` route asks it through `requests` without a timeout."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments.queues import CHECKOUT, CHECKOUT_TRAFFIC
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.needs import Need
from tests.incidents.stage import Stage
from tests.stack.load import Route

CLIENT_TIMEOUT_S: Final = 10.0
ABANDONED: Final = 12


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=600)


def manifested(stage: Stage) -> Confirmation:
    cores, payments = stage.service_cores(), stage.load.seen(route="/orders/{id}/payment")
    waiting = stage.app.connections_to(stage.upstream.port)
    return Confirmation(
        holds=payments.failure_ratio == 1
        and payments.p50_s >= CLIENT_TIMEOUT_S
        and waiting >= payments.in_flight + ABANDONED,
        measured=f"{payments} where the acquirer is asked; {waiting} connections wait for the acquirer, "
        f"more than clients do; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="acquirer-silent",
    cause="missing-timeout",
    story="The acquirer accepts connections and answers nothing; `requests.get` without a timeout keeps a "
    "thread of the service waiting for each customer who has long given up.",
    deployment=CHECKOUT,
    traffic=(*CHECKOUT_TRAFFIC, Route(path="/orders/{id}/payment", rps=3)),
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    # Each abandoned call keeps its thread, so the threads of both workers end in it.
    consequences=frozenset({"thread-pool-exhaustion"}),
    also_true=frozenset({"slow-external-dependency"}),  # the partner, too, is at fault
)
