"""A small shop whose requests are measured by the library that MEASURED_BY names."""

import asyncio
import os

from fastapi import FastAPI
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest, make_asgi_app
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.responses import JSONResponse, PlainTextResponse
from starlette_exporter import PrometheusMiddleware, handle_metrics

app = FastAPI()


@app.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int]:
    return {"item": item_id}


@app.get("/slow")
async def slow() -> dict[str, str]:
    await asyncio.sleep(0.15)
    return {"slow": "yes"}


@app.get("/boom")
async def boom() -> JSONResponse:
    return JSONResponse({"detail": "broken"}, status_code=500)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


def _pfi() -> None:
    Instrumentator(should_instrument_requests_inprogress=True).instrument(app).expose(app)


def _starlette_exporter() -> None:
    app.add_middleware(PrometheusMiddleware)
    app.add_route("/metrics", handle_metrics)


def _fastapi() -> None:
    set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    app.mount("/metrics", make_asgi_app())


def _opentelemetry() -> None:
    set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    app.add_route("/metrics", lambda _: PlainTextResponse(generate_latest()))
    FastAPIInstrumentor.instrument_app(app)


_LIBRARIES = {
    "pfi": _pfi,
    "starlette_exporter": _starlette_exporter,
    "fastapi": _fastapi,
    "opentelemetry": _opentelemetry,
}
_LIBRARIES[os.environ["MEASURED_BY"]]()
