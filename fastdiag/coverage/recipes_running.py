"""What is lacking around requests: queues, restarts, logs, traces, and what no exporter shows."""

from __future__ import annotations

from typing import Final

from fastdiag.coverage.quality import Flaw
from fastdiag.coverage.recipe import APP, Recipe
from fastdiag.coverage.wanted import EXTERNAL, LOGGING, POOL, QUEUES, RESTARTS, TIMEOUTS, TRACES, WAIT

_INSTRUMENT: Final = """\
# pip install "fastdiag[instrument]"
from fastdiag.instrument import instrument

instrument(app)
"""
_OWN: Final = Recipe(
    needs=frozenset({POOL, WAIT, EXTERNAL, TIMEOUTS, QUEUES, Flaw.BLIND, Flaw.LACKING}),
    add_to=APP,
    lines=_INSTRUMENT,
)
_TRACER: Final = "main.py, after app = FastAPI(); OTEL_EXPORTER_OTLP_ENDPOINT says where traces go"
_TRACES: Final = """\
# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
# pip install opentelemetry-instrumentation-fastapi
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import set_tracer_provider

provider = TracerProvider()
exporter = trace_exporter.OTLPSpanExporter()
provider.add_span_processor(BatchSpanProcessor(exporter))
set_tracer_provider(provider)
FastAPIInstrumentor.instrument_app(app)
"""
RECIPES: Final = (
    Recipe(
        needs=frozenset({QUEUES}),
        uses=frozenset({"celery"}),
        add_to="compose.yaml; workers need -E (task events)",
        lines="""\
celery-exporter:
  image: danihodovic/celery-exporter
  command: ["--broker-url=redis://redis:6379/0"]
""",
    ),
    Recipe(
        needs=frozenset({QUEUES}),
        uses=frozenset({"rq"}),
        add_to="compose.yaml",
        lines="""\
rq-exporter:
  image: mdawar/rq-exporter
  environment: {RQ_REDIS_HOST: redis}
""",
    ),
    Recipe(
        needs=frozenset({QUEUES}),
        uses=frozenset({"dramatiq"}),
        add_to="where the broker is made",
        lines="""\
from dramatiq.middleware.prometheus import Prometheus

broker.add_middleware(Prometheus())
# the depth: redis_exporter --check-keys='dramatiq:*'
""",
    ),
    Recipe(
        needs=frozenset({QUEUES}),
        uses=frozenset({"arq"}),
        add_to="the module of the worker's settings",
        lines="""\
# pip install arq-prometheus
from datetime import timedelta
from arq_prometheus import ArqPrometheusMetrics

async def startup(ctx):
    metrics = ArqPrometheusMetrics(ctx, delay=timedelta(seconds=15))
    ctx["arq_prometheus"] = await metrics.start()

class WorkerSettings:
    on_startup = startup
""",
    ),
    Recipe(
        needs=frozenset({RESTARTS}),
        add_to="main.py, with PROMETHEUS_MULTIPROC_DIR set; on Kubernetes kube-state-metrics counts restarts",
        lines="""\
# pip install prometheus-client
import time
from prometheus_client import Gauge

# one process has it by itself; of several, each change is a restart
start = Gauge(
    "process_start_time_seconds",
    "Start of the youngest worker",
    registry=None,  # the files of all workers have it
    multiprocess_mode="max",
)
start.set(time.time())
""",
    ),
    Recipe(
        needs=frozenset({LOGGING}),
        uses=frozenset({"structlog"}),
        add_to="logging configuration",
        lines="""\
# pip install "fastdiag[instrument]"
import logging
import structlog
from fastdiag.instrument import instrument

handler = logging.StreamHandler()
handler.setFormatter(structlog.stdlib.ProcessorFormatter(
    processor=structlog.processors.JSONRenderer(),
    foreign_pre_chain=[
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
    ],
))
logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
instrument(app)  # each record gets its request_id
""",
    ),
    Recipe(
        needs=frozenset({LOGGING}),
        add_to="logging configuration",
        lines="""\
# pip install python-json-logger "fastdiag[instrument]"
import logging
from fastdiag.instrument import instrument
from pythonjsonlogger.json import JsonFormatter

handler = logging.StreamHandler()
fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
handler.setFormatter(JsonFormatter(fields))
logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
instrument(app)  # each record gets its request_id
""",
    ),
    Recipe(
        needs=frozenset({TRACES}),
        uses=frozenset({"httpx"}),
        add_to=_TRACER,
        lines=f"""\
# pip install opentelemetry-instrumentation-httpx
{_TRACES}
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

HTTPXClientInstrumentor().instrument()
""",
    ),
    Recipe(
        needs=frozenset({TRACES}),
        uses=frozenset({"requests"}),
        add_to=_TRACER,
        lines=f"""\
# pip install opentelemetry-instrumentation-requests
{_TRACES}
from opentelemetry.instrumentation.requests import RequestsInstrumentor

RequestsInstrumentor().instrument()
""",
    ),
    Recipe(needs=frozenset({TRACES}), add_to=_TRACER, lines=_TRACES),
    Recipe(
        needs=frozenset({Flaw.LOTTERY}),
        add_to="the service's environment: a directory that is empty when the service starts",
        lines="PROMETHEUS_MULTIPROC_DIR=/run/metrics\n",
    ),
    Recipe(
        needs=frozenset({Flaw.UNKEPT}),
        add_to="prometheus.yml, under scrape_configs",
        lines="""\
- job_name: shop
  static_configs: [{targets: ["HOST:8000"]}]
""",
    ),
    _OWN,
)
