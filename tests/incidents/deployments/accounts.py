"""Two more services: customer accounts with `def` routes, and invoicing with `async def` routes."""

from typing import Final

from tests.incidents.deployments import EVERYTHING_MISSING, Deployment
from tests.stack.apps import ServerKind
from tests.stack.load import Route

ACCOUNTS: Final = Deployment(
    app="accounts.py",
    lacks=EVERYTHING_MISSING,
    libraries="`def` routes, psycopg_pool; FastAPI's own telemetry through OpenTelemetry",
    kind=ServerKind.UVICORN,
    workers=1,
)
INVOICING: Final = Deployment(
    app="invoicing.py",
    lacks=EVERYTHING_MISSING,
    libraries="asyncpg pool, webhooks with requests; prometheus-fastapi-instrumentator",
    kind=ServerKind.UVICORN,
    workers=1,
)

ACCOUNTS_TRAFFIC: Final = (
    Route(path="/customers/{id}", rps=10),
    Route(path="/customers/{id}/orders", rps=8),
    Route(path="/terms", rps=8),
)
INVOICING_TRAFFIC: Final = (
    Route(path="/products", rps=10),
    Route(path="/invoices/{id}", rps=10),
    Route(path="/terms", rps=4),
)
