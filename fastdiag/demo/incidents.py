"""The incidents that the demo can stage: what makes them, what the truth is, how a client sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.demo import traffic
from fastdiag.demo.clients import EVERY_ROUTE, ClientView
from fastdiag.demo.traffic import Traffic
from fastdiag.errors import FastdiagError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Half of the requests to ``route`` take ``p50_at_least_s`` seconds or more."""

    route: str
    p50_at_least_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fast:
    """95 of 100 requests to ``route`` take less than ``p95_below_s`` seconds."""

    route: str
    p95_below_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One story.

    ``injected`` tells the truth once the diagnosis has been printed; ``true_cause`` is the id of the
    cause that the diagnosis should name, None where nothing is wrong. ``clients_see`` must all hold, as
    measured by the clients and not by the service, before the stage is ready. ``pool_size`` and
    ``max_overflow`` are the shop's settings; ``bank_seconds`` is how long the payment provider takes.
    """

    id: str
    title: str
    injected: str
    true_cause: str | None
    traffic: Traffic
    clients_see: tuple[Slow | Fast, ...]
    pool_size: int = 10
    max_overflow: int = 5
    bank_seconds: float = 0.03

    def manifest(self, view: ClientView) -> bool:
        """Return whether the clients see what this story says, and none of their latest requests failed."""
        return view.errors == 0 and all(_seen(expected, view) for expected in self.clients_see)


def _seen(expected: Slow | Fast, view: ClientView) -> bool:
    route = view.route(expected.route)
    if route is None:
        return False
    match expected:
        case Slow():
            return route.p50_s >= expected.p50_at_least_s
        case Fast():
            return route.p95_s < expected.p95_below_s


POOL: Final = Incident(
    id="pool",
    title="A drained SQLAlchemy connection pool",
    injected=(
        "The shop ran with DB_POOL_SIZE=5 and DB_MAX_OVERFLOW=0, and printing the labels of a wholesale order"
        " keeps its session, hence a connection, for the 0.75 s that the printer takes: 32 clients wanted one"
        " of five connections. Printer, database and event loop were fine."
    ),
    true_cause="db-pool-exhaustion",
    traffic=traffic.PACKING_MORNING,
    clients_see=(
        Slow(route=traffic.BROWSE, p50_at_least_s=1.0),
        Slow(route=traffic.LABELS, p50_at_least_s=1.8),
        Fast(route=traffic.RATES, p95_below_s=0.25),
    ),
    pool_size=5,
    max_overflow=0,
)
LOOP: Final = Incident(
    id="loop",
    title="A blocking call in an async route",
    injected=(
        "POST /receipts is `async def` and calls the signing unit's synchronous driver, which polls with"
        " time.sleep for 0.25 s a receipt. Meanwhile the event loop serves nobody, so that every other route"
        " waited too."
    ),
    true_cause="event-loop-blocking",
    traffic=traffic.OPEN_TILLS,
    clients_see=(
        Slow(route=traffic.RATES, p50_at_least_s=0.4),
        Slow(route=traffic.RECEIPT, p50_at_least_s=0.5),
    ),
)
UPSTREAM: Final = Incident(
    id="upstream",
    title="A slow external dependency",
    injected=(
        "The payment provider, a process of its own, took 2.5 s a charge. POST /orders/{order_id}/payment"
        " awaits it with a timeout of 30 s, holding no database connection; every other route stayed fast."
    ),
    true_cause="slow-external-dependency",
    traffic=traffic.EVENING_SALE,
    clients_see=(
        Slow(route=traffic.PAY, p50_at_least_s=2.0),
        Fast(route=traffic.BROWSE, p95_below_s=0.25),
        Fast(route=traffic.RATES, p95_below_s=0.25),
    ),
    bank_seconds=2.5,
)
HEALTHY: Final = Incident(
    id="healthy",
    title="The same shop on an ordinary day",
    injected="Nothing: the same shop with its usual settings, moderate load and a prompt payment provider.",
    true_cause=None,
    traffic=traffic.ORDINARY_DAY,
    clients_see=(Fast(route=EVERY_ROUTE, p95_below_s=0.1),),
)
INCIDENTS: Final = (POOL, LOOP, UPSTREAM, HEALTHY)


def find_incident(name: str) -> Incident:
    """Return the incident with this id.

    Raises:
        FastdiagError: there is none; the message lists those there are.

    """
    for incident in INCIDENTS:
        if incident.id == name:
            return incident
    known = [incident.id for incident in INCIDENTS]
    raise FastdiagError(
        f"there is no incident {name!r}; there are {', '.join(known)}", hint=nearest(name, known)
    )
