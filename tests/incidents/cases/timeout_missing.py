"""A partner stops answering, and the service never stops waiting."""

from contextlib import AbstractContextManager
from typing import Final

from tests.incidents.deployments import QUOTES, QUOTES_TRAFFIC
from tests.incidents.faults import slow_upstream
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

CLIENT_TIMEOUT_S: Final = 10.0


def fault(stage: Stage) -> AbstractContextManager[None]:
    return slow_upstream(stage, seconds=600)


def manifested(stage: Stage) -> Confirmation:
    cores, products = stage.service_cores(), stage.load.seen(route="/products")
    quotes = stage.load.seen(route="/quotes/{id}")
    waiting = stage.app.connections_to(stage.upstream.port)
    return Confirmation(
        holds=quotes.failure_ratio == 1 and quotes.p50_s >= CLIENT_TIMEOUT_S and waiting > 100,
        measured=f"{quotes} where the partner is asked, p95 {products.p95_s:.2f} s where it is not; "
        f"{waiting} connections wait for the partner, more than clients do; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="timeout-missing",
    cause="missing-timeout",
    story="The provider of exchange rates accepts connections and answers nothing; the service waits without "
    "a timeout, long after its own clients have given up.",
    deployment=QUOTES,
    traffic=QUOTES_TRAFFIC,
    fault=fault,
    manifested=manifested,
    also_true=frozenset({"slow-external-dependency"}),  # the partner, too, is at fault
)
