"""The services that incidents vary: three applications with different database layers and instrumentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tests.stack.apps import ServerKind
from tests.stack.load import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How the service runs: which application file, which server, which settings."""

    app: str
    libraries: str
    kind: ServerKind = ServerKind.GUNICORN
    workers: int = 2
    shared_metrics: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    upstream_latency_s: float = 0.05

    def __str__(self) -> str:
        return f"{self.kind.value}, {self.workers} workers; {self.libraries}"


ORDERS: Final = Deployment(
    app="orders.py",
    libraries="SQLAlchemy asyncio + asyncpg; prometheus-fastapi-instrumentator, OpenTelemetry SQLAlchemy",
)
SHOP: Final = Deployment(
    app="shop_sync.py",
    libraries="`def` routes, SQLAlchemy + psycopg 3; starlette_exporter, multiprocess",
    shared_metrics=True,
)
QUOTES: Final = Deployment(app="quotes.py", libraries="asyncpg pool, httpx; OpenTelemetry FastAPI + httpx")

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
QUOTES_TRAFFIC: Final = (Route(path="/products", rps=15), Route(path="/quotes/{id}", rps=12))


def configured(deployment: Deployment, settings: Mapping[str, str]) -> Deployment:
    """Return the deployment with some environment settings changed."""
    return replace(deployment, environment={**deployment.environment, **settings})
