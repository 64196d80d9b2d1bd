"""How statements and calls to other services are timed."""

from __future__ import annotations

from typing import Final

from fastdiag.coverage.recipe import Recipe
from fastdiag.coverage.wanted import EXTERNAL, QUERIES, TIMEOUTS

CALLS_TO: Final = "main.py; and OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment"
_PROVIDER: Final = """\
# pip install opentelemetry-exporter-prometheus
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
"""
_PROVIDED: Final = """\
# PROMETHEUS_MULTIPROC_DIR leaves it out: there, export by OTLP
provider = MeterProvider(metric_readers=[PrometheusMetricReader()])
"""
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
    verb = (statement.split(None, 1) or ["?"])[0]
    STATEMENTS.labels(verb.upper()).observe(took)
""",
    ),
    Recipe(
        needs=frozenset({QUERIES}),
        uses=frozenset({"psycopg"}),
        add_to="main.py; and OTEL_SEMCONV_STABILITY_OPT_IN=database in its environment",
        lines=f"""\
# pip install opentelemetry-instrumentation-psycopg
{_PROVIDER}from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.metrics import set_meter_provider

{_PROVIDED}set_meter_provider(provider)
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
        add_to=CALLS_TO,
        lines=f"""\
# pip install opentelemetry-instrumentation-requests
{_PROVIDER}from opentelemetry.instrumentation.requests import RequestsInstrumentor

{_PROVIDED}RequestsInstrumentor().instrument(meter_provider=provider)
""",
    ),
    Recipe(
        needs=frozenset({EXTERNAL, TIMEOUTS}),
        uses=frozenset({"aiohttp"}),
        unless=frozenset({"httpx"}),
        add_to=CALLS_TO,
        lines=f"""\
# pip install opentelemetry-instrumentation-aiohttp-client
{_PROVIDER}from opentelemetry.instrumentation import aiohttp_client

{_PROVIDED}instrumentor = aiohttp_client.AioHttpClientInstrumentor()
instrumentor.instrument(meter_provider=provider)
""",
    ),
)
