"""How requests are counted and timed, and how that is mended.

`{buckets}` stands for bucket bounds around the latency objective, in seconds.
"""

from __future__ import annotations

from typing import Final

from fastdiag.coverage.quality import Flaw
from fastdiag.coverage.recipe import APP, OTEL, Recipe
from fastdiag.coverage.wanted import ERRORS, LATENCY, REQUESTS

_PFI: Final = "prometheus-fastapi-instrumentator"
_EXPORTER: Final = frozenset({"starlette-exporter", "starlette_exporter"})
_HTTP: Final = frozenset({REQUESTS, LATENCY, ERRORS})
_HTTP_FLAWS: Final = frozenset({Flaw.BUCKETS, Flaw.STATUSES})
RECIPES: Final = (
    Recipe(
        needs=_HTTP | _HTTP_FLAWS | {Flaw.RAW_PATHS},
        uses=_EXPORTER,
        unless=frozenset({_PFI}),
        add_to=APP,
        lines="""\
from starlette_exporter import PrometheusMiddleware, handle_metrics

app.add_middleware(
    PrometheusMiddleware,
    buckets=[{buckets}],
    group_paths=True,
    filter_unhandled_paths=True,
)
app.add_route("/metrics", handle_metrics)
""",
    ),
    Recipe(
        needs=frozenset({Flaw.BUCKETS}),
        uses=frozenset({"opentelemetry"}),
        add_to="where the MeterProvider is made",
        lines="""\
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View

buckets = ExplicitBucketHistogramAggregation(
    [{buckets}]
)
name = "http.server.request.duration"
view = View(instrument_name=name, aggregation=buckets)
MeterProvider(..., views=[view])
""",
    ),
    Recipe(
        needs=frozenset({Flaw.BUCKETS}),
        uses=frozenset({"opentelemetry (old)"}),
        add_to="the service's environment: the stable names are in seconds, with finer buckets",
        lines="OTEL_SEMCONV_STABILITY_OPT_IN=http\n",
    ),
    Recipe(
        needs=_HTTP,
        uses=frozenset({f"{OTEL}fastapi"}),
        unless=frozenset({_PFI}),
        add_to="main.py, before FastAPIInstrumentor.instrument_app(app)",
        lines="""\
# pip install opentelemetry-exporter-prometheus
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app

reader = PrometheusMetricReader()
set_meter_provider(MeterProvider(metric_readers=[reader]))
app.mount("/metrics", make_asgi_app())
""",
    ),
    Recipe(
        needs=_HTTP | _HTTP_FLAWS,
        add_to=APP,
        lines="""\
# pip install prometheus-fastapi-instrumentator
from prometheus_fastapi_instrumentator import Instrumentator

buckets = ({buckets})
instrumentator = Instrumentator(should_group_status_codes=False)
instrumentator.instrument(
    app, latency_highr_buckets=buckets, latency_lowr_buckets=buckets
).expose(app)
""",
    ),
    Recipe(
        needs=frozenset({Flaw.RAW_PATHS}),
        add_to="where the label is set",
        lines="""\
# when the request has been answered
route = request.scope.get("route")
endpoint = route.path if route else "unmatched"
""",
    ),
)
