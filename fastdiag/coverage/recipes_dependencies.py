"""How statements and calls to other services are timed."""

from __future__ import annotations

from typing import Final

from fastdiag.coverage.recipe import Recipe
from fastdiag.coverage.wanted import EXTERNAL, QUERIES, TIMEOUTS

RECIPES: Final = (
    Recipe(
        needs=frozenset({QUERIES}),
        uses=frozenset({"sqlalchemy"}),
        add_to="a module that main.py imports",
        lines="""\
# pip install prometheus-client
import time
from prometheus_client import Histogram
from sqlalchemy import event
from sqlalchemy.engine import Engine

STATEMENTS = Histogram(
    "db_client_operation_duration_seconds",
    "Time that a statement took",
    ["db_operation_name"],
)

@event.listens_for(Engine, "before_cursor_execute")
def began(conn, cursor, statement, parameters, context, executemany):
    conn.info["began"] = time.perf_counter()

@event.listens_for(Engine, "after_cursor_execute")
def ended(conn, cursor, statement, parameters, context, executemany):
    took = time.perf_counter() - conn.info["began"]
    STATEMENTS.labels(statement.split(None, 1)[0].upper()).observe(took)
""",
    ),
    Recipe(
        needs=frozenset({QUERIES}),
        uses=frozenset({"psycopg"}),
        add_to="main.py; and OTEL_SEMCONV_STABILITY_OPT_IN=database in its environment",
        lines="""\
# pip install opentelemetry-instrumentation-psycopg
# pip install opentelemetry-exporter-prometheus
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider

reader = PrometheusMetricReader()
set_meter_provider(MeterProvider(metric_readers=[reader]))
PsycopgInstrumentor().instrument()
""",
    ),
    Recipe(
        needs=frozenset({QUERIES}),
        add_to="compose.yaml, and CREATE EXTENSION pg_stat_statements in the database",
        lines="""\
postgres-exporter:
  image: quay.io/prometheuscommunity/postgres-exporter
  command: ["--collector.stat_statements"]
  environment:
    DATA_SOURCE_NAME: postgresql://exporter@postgres:5432/shop
""",
    ),
    Recipe(
        needs=frozenset({EXTERNAL, TIMEOUTS}),
        uses=frozenset({"requests"}),
        unless=frozenset({"httpx"}),
        add_to="main.py, behind a MeterProvider; and OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment",
        lines="""\
# pip install opentelemetry-instrumentation-requests
from opentelemetry.instrumentation.requests import RequestsInstrumentor

RequestsInstrumentor().instrument()
""",
    ),
    Recipe(
        needs=frozenset({EXTERNAL, TIMEOUTS}),
        uses=frozenset({"aiohttp"}),
        unless=frozenset({"httpx"}),
        add_to="main.py, behind a MeterProvider; and OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment",
        lines="""\
# pip install opentelemetry-instrumentation-aiohttp-client
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor

AioHttpClientInstrumentor().instrument()
""",
    ),
)
