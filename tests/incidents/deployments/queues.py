"""The services that leave work to a queue: a checkout with Celery, a box office with arq and a cache."""

from dataclasses import replace
from typing import Final

from tests.incidents.beside.queue import arq_beside, celery_beside, rabbit_broker, redis_broker
from tests.incidents.beside.redis import cache
from tests.incidents.deployments import EVERYTHING_MISSING, NEW_ORDER, Deployment
from tests.stack.apps import ServerKind
from tests.stack.load import Route

CONSUMERS: Final = 2
CHECKOUT: Final = Deployment(
    app="checkout.py",
    lacks=EVERYTHING_MISSING,
    libraries="`def` routes, psycopg_pool, requests; Celery on Redis; OpenTelemetry FastAPI (stable names)",
    beside=(redis_broker("CELERY_BROKER_URL"), celery_beside("checkout_jobs.py", concurrency=CONSUMERS)),
    environment={"OTEL_SEMCONV_STABILITY_OPT_IN": "http"},
)
CHECKOUT_ON_RABBITMQ: Final = replace(
    CHECKOUT,
    libraries=CHECKOUT.libraries.replace("Celery on Redis", "Celery on RabbitMQ"),
    beside=(rabbit_broker, celery_beside("checkout_jobs.py", concurrency=CONSUMERS)),
)
# What it lacks is not established: httpx is timed, the cache and the database are not.
BOX_OFFICE: Final = Deployment(
    app="box_office.py",
    libraries="asyncpg pool, httpx, Redis cache, arq on Redis; "
    "prometheus-fastapi-instrumentator, OpenTelemetry httpx",
    beside=(cache(), redis_broker("ARQ_REDIS_URL"), arq_beside("box_office_jobs.py")),
    kind=ServerKind.UVICORN,
    workers=1,
)

ORDER: Final = Route(path="/orders", method="POST", rps=3, body=dict(NEW_ORDER))
SALE: Final = Route(path="/sales", method="POST", rps=3, body=dict(NEW_ORDER))
CHECKOUT_TRAFFIC: Final = (Route(path="/products/{id}", rps=20),)
BOX_OFFICE_TRAFFIC: Final = (Route(path="/events/{id}", rps=15), Route(path="/events/{id}/seats", rps=8))
