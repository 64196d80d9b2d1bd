"""What a service lets be seen, as its code tells: request ids, traces, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.deployment_files import commands
from fastdiag.audit.ground import Ground
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call
from fastdiag.source.project import Project

REQUEST_ID: Final = "no-request-id"
TRACING: Final = "no-tracing"
METRICS: Final = "no-metrics"
IDS: Final = (REQUEST_ID, TRACING, METRICS)

_IMPORT: Final = re.compile(r"^\s*(?:from|import)\s+([\w.]+)")
_PROGRAM: Final = re.compile(r"(?:^|/)(opentelemetry-instrument|ddtrace-run|newrelic-admin|logfire)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """One thing to be seen, and by what code shows it.

    packages  whose import shows it; `a.b` also stands for `a.b.c`
    text      what else shows it, in any line of the code
    programs  that add it to a service which they start
    """

    check: str
    lacking: str
    packages: frozenset[str]
    text: re.Pattern[str]
    programs: frozenset[str]


_AGENTS: Final = frozenset({
    "ddtrace", "newrelic", "elasticapm", "logfire", "scout_apm", "instana", "aws_xray_sdk",
    "azure.monitor.opentelemetry", "uptrace", "honeycomb", "skywalking", "appsignal",
})  # fmt: skip
_TRACERS: Final = _AGENTS | {
    "opentelemetry.instrumentation", "opentelemetry.trace", "opentelemetry.sdk.trace", "opentracing",
    "jaeger_client", "py_zipkin", "starlette_zipkin",
}  # fmt: skip
_NUMBERERS: Final = frozenset({
    "asgi_correlation_id", "starlette_context", "fastdiag.instrument", "asgi_request_id",
    "fastapi_request_id",
})  # fmt: skip
_COUNTERS: Final = frozenset({
    "prometheus_client", "prometheus_fastapi_instrumentator", "starlette_exporter", "starlette_prometheus",
    "aioprometheus", "opentelemetry.metrics", "opentelemetry.sdk.metrics", "opentelemetry.instrumentation",
    "fastdiag.instrument", "statsd", "datadog", "prometheus_async", "influxdb_client",
})  # fmt: skip
_RUNNERS: Final = frozenset({"opentelemetry-instrument", "ddtrace-run", "newrelic-admin"})
_SIGHTS: Final = (
    _Sight(
        check=REQUEST_ID,
        lacking="nothing in the project gives requests an id: log lines of one request cannot be found again",
        packages=_TRACERS | _NUMBERERS,
        text=re.compile(
            r"""["']x-(request|correlation|trace|amzn-trace)-?id["']|["']traceparent["']|"""
            r"""ContextVar\w*(\[[^\]]*\])?\(\s*["']\w*(request|correlation|trace)_?id|"""
            r"""bind_contextvars\(.*(request|correlation|trace)_?id|"""
            r"""class\s+\w*(Correlation|Request)_?Id\w*\(""",
            re.IGNORECASE,
        ),
        programs=_RUNNERS,
    ),
    _Sight(
        check=TRACING,
        lacking="nothing in the project traces requests: of a slow one nobody sees where its time went",
        packages=_TRACERS,
        text=re.compile(
            r"traces_sample_rate|traces_sampler|enable_tracing|TracerProvider|start_as_current_span"
        ),
        programs=_RUNNERS,
    ),
    _Sight(
        check=METRICS,
        lacking="nothing in the project counts or times requests: nobody can watch latency, errors and pools",
        packages=_AGENTS | _COUNTERS,
        text=re.compile(r"MeterProvider|traces_sample_rate|traces_sampler|enable_tracing|put_metric_data"),
        programs=_RUNNERS,
    ),
)


def check(ground: Ground) -> Iterator[Finding]:
    """Yield what nothing in the project shows, at the place where its application is made."""
    made = _application(ground.project)
    if made is None:
        return
    written = (line for module in ground.project.modules.values() for line in module.lines)
    lines = [line for line in written if not line.lstrip().startswith("#")]
    packages = {found[1] for line in lines if (found := _IMPORT.match(line))}
    programs = {found[1] for word in _words(ground.project) if (found := _PROGRAM.search(word))}
    for sight in _SIGHTS:
        if not (
            _is_imported(sight.packages, packages) or programs & sight.programs or _is_said(sight.text, lines)
        ):
            yield Finding(
                check=sight.check,
                place=made.place,
                message=sight.lacking,
                confidence=Confidence.LIKELY,
                severity=ground.checks[sight.check].severity,
            )


def _application(project: Project) -> Call | None:
    """Return the call that makes the main application: of several, the one in the shallowest file."""
    made = project.calls_to("fastapi.FastAPI")
    return min(made, key=lambda call: (call.module.file.count("/"), call.place), default=None)


def _words(project: Project) -> Iterator[str]:
    for command in commands(project.folder):
        yield from command.words


def _is_imported(packages: Iterable[str], found: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages for name in found)


def _is_said(pattern: re.Pattern[str], lines: Iterable[str]) -> bool:
    return any(pattern.search(line) for line in lines)
