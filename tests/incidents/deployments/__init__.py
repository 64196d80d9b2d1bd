"""The services that incidents vary: applications with different database layers and instrumentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tests.incidents.beside.collector import trace_collector
from tests.incidents.companions import Beside
from tests.stack.apps import ServerKind
from tests.stack.load import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How the service runs: which application file, which server, which settings, what stands beside it.

    lacks  which causes of kind visibility are true of it, such as missing-tracing; None: not established
    metrics  whether the service has a metrics page at all; without one Prometheus does not know it
    under  command that starts the server and hands its limits on, as systemd does
    """

    app: str
    libraries: str
    lacks: frozenset[str] | None = None
    schema: str = "schema.sql"
    beside: tuple[Beside, ...] = ()
    kind: ServerKind = ServerKind.GUNICORN
    workers: int = 2
    metrics: bool = True
    shared_metrics: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    upstream_latency_s: float = 0.05

    def __str__(self) -> str:
        return f"{self.kind.value}, {self.workers} workers; {self.libraries}"


EVERYTHING_MISSING: Final = frozenset(
    {"missing-tracing", "missing-dependency-timing", "missing-correlation-ids"}
)

# OpenTelemetry counts this one's connections, and does not time its queries; no tracer is set up.
ORDERS: Final = Deployment(
    app="orders.py",
    lacks=EVERYTHING_MISSING,
    libraries="SQLAlchemy asyncio + asyncpg; prometheus-fastapi-instrumentator, OpenTelemetry SQLAlchemy",
)
SHOP: Final = Deployment(
    app="shop_sync.py",
    lacks=EVERYTHING_MISSING,
    libraries="`def` routes, SQLAlchemy + psycopg 3; starlette_exporter, multiprocess",
    shared_metrics=True,
)
# Metrics of each call of httpx; but no tracer is set up, and FastAPI's instrumentation answers without an id.
QUOTES: Final = Deployment(
    app="quotes.py",
    libraries="asyncpg pool, httpx; OpenTelemetry FastAPI + httpx",
    lacks=EVERYTHING_MISSING - {"missing-dependency-timing"},
)
PARCELS: Final = Deployment(
    app="parcels.py",
    libraries="psycopg_pool, httpx; OpenTelemetry FastAPI + httpx, traces through OTLP; correlation ids",
    lacks=frozenset(),
    beside=(trace_collector,),
    kind=ServerKind.HYPERCORN,
)
BOOKINGS: Final = Deployment(
    app="bookings.py",
    lacks=EVERYTHING_MISSING,
    libraries="psycopg_pool (async), httpx; starlette_exporter, multiprocess",
    schema="bookings.sql",
    kind=ServerKind.UVICORN,
    shared_metrics=True,
)
TICKETS: Final = Deployment(
    app="tickets.py",
    lacks=EVERYTHING_MISSING,
    libraries="asyncpg pool; no metrics",
    schema="tickets.sql",
    kind=ServerKind.UVICORN,
    metrics=False,
)
LOYALTY: Final = Deployment(
    app="loyalty.py",
    lacks=EVERYTHING_MISSING,
    libraries="`def` routes, SQLAlchemy ORM + psycopg 3; a histogram by hand, multiprocess",
    schema="loyalty.sql",
    shared_metrics=True,
)
STOREFRONT: Final = Deployment(
    app="storefront.py",
    lacks=EVERYTHING_MISSING,
    libraries="psycopg_pool, asyncio; prometheus-fastapi-instrumentator that tells unknown paths apart",
)
BACKOFFICE: Final = Deployment(
    app="backoffice.py",
    lacks=EVERYTHING_MISSING,
    libraries="`def` routes, psycopg_pool; prometheus_client with nothing but its own process metrics",
)

NEW_ORDER: Final = {"product_id": 7, "customer_id": 11, "quantity": 1}
ORDERS_TRAFFIC: Final = (
    Route(path="/products", rps=12),
    Route(path="/products/{id}", rps=12),
    Route(path="/customers/{id}/orders", rps=6),
    Route(path="/orders", method="POST", rps=4, body=dict(NEW_ORDER)),
)
SHOP_TRAFFIC: Final = (
    Route(path="/products", rps=12),
    Route(path="/products/{id}", rps=12),
    Route(path="/purchases", method="POST", rps=8, body=dict(NEW_ORDER)),
    Route(path="/shipping/{id}", rps=2),
)
BOOKINGS_TRAFFIC: Final = (
    Route(path="/events", rps=3),
    Route(path="/events/{id}/seats", rps=10),
    Route(path="/bookings/{id}", rps=8),
    Route(path="/bookings", method="POST", rps=3, body={"event_id": 7, "customer_id": 11}),
)
TICKETS_TRAFFIC: Final = (
    Route(path="/tickets", rps=8),
    Route(path="/tickets/{id}", rps=12),
    Route(path="/tickets/{id}/notes", method="POST", rps=3, body={"body": "Paper is refilled"}),
)
LOYALTY_TRAFFIC: Final = (
    Route(path="/members", rps=2),
    Route(path="/members/{id}", rps=8),
    Route(path="/members/{id}/purchases", rps=4),
    Route(path="/redemptions?reward=mug", rps=0.7),
    Route(path="/tiers/platinum/members", rps=1),
)
PARCELS_TRAFFIC: Final = (
    Route(path="/products", rps=12),
    Route(path="/parcels/{id}", rps=8),
    Route(path="/parcels", method="POST", rps=4, body=dict(NEW_ORDER)),
)
QUOTES_TRAFFIC: Final = (Route(path="/products", rps=15), Route(path="/quotes/{id}", rps=12))
STOREFRONT_TRAFFIC: Final = (Route(path="/products", rps=10), Route(path="/products/{id}", rps=10))
BACKOFFICE_TRAFFIC: Final = (Route(path="/orders", rps=8), Route(path="/products/{id}", rps=12))


def configured(deployment: Deployment, settings: Mapping[str, str]) -> Deployment:
    """Return the deployment with some environment settings changed."""
    return replace(deployment, environment={**deployment.environment, **settings})


def descriptors(most: int) -> tuple[str, ...]:
    """Return the ``under`` that allows each process so many open files (`LimitNOFILE=`)."""
    return ("sh", "-c", f'ulimit -n {most} && exec "$0" "$@"')
