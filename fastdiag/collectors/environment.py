"""What the packages of the service's Python environment say of how it is observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink
from fastdiag.host.packages import has_loaded, packages_of, version_of
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Part, Reason

TRACERS: Final = (
    "ddtrace",
    "sentry-sdk",
    "elastic-apm",
    "logfire",
    "newrelic",
    "azure-monitor-opentelemetry",
)
"""Libraries that trace requests and send what they see by themselves."""
OTEL_PREFIX: Final = "opentelemetry-exporter-"
OTEL_NO_TRACES: Final = frozenset(
    {
        "opentelemetry-exporter-prometheus",
        "opentelemetry-exporter-prometheus-remote-write",
        "opentelemetry-exporter-http-transport",
        "opentelemetry-exporter-otlp",
        "opentelemetry-exporter-otlp-common",
        "opentelemetry-exporter-otlp-proto-common",
    }
)
"""Exporters of metrics only, what exporters share, and what only brings others in.

The API and SDK alone send nothing anywhere.
"""
OTEL_OFF: Final = (("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"))
COMPILED: Final[Mapping[str, str]] = {
    "ddtrace": "ddtrace/internal",
    "logfire": "google/_upb",
    "opentelemetry-exporter-otlp-proto-grpc": "grpc/_cython",
    "opentelemetry-exporter-otlp-proto-http": "google/_upb",
}
"""Folders of compiled modules without which these libraries send nothing: not loaded is not switched on."""
INSTALLED: Final = "installed; whether the service switches it on cannot be seen from outside"
INSTRUMENTATOR: Final = "prometheus-fastapi-instrumentator"
MENDED: Final = (8, 0, 2)
"""The first version of the instrumentator that copes with FastAPI from 0.137 on."""
BREAKING: Final = (0, 137)
SIGNALS: Final = ("observability.tracing", "observability.instrumentator_broken")


def report(sink: Sink, proc: Proc, pid: int) -> None:
    """Write what is installed where the process looks for packages."""
    packages = packages_of(proc, pid)
    if isinstance(packages, Unreadable):
        say_unreadable(sink, packages, *SIGNALS)
        return
    if not {"fastapi", "starlette"} & packages.keys():
        for signal in SIGNALS:
            sink.missing(signal, Reason.ABSENT, "the packages of the service were not found where it runs")
        return
    environ = proc.environ(pid)
    tracers = _tracers(packages, {} if isinstance(environ, Unreadable) else environ)
    idle = {name for name in tracers if name in COMPILED and has_loaded(proc, pid, COMPILED[name]) is False}
    by = [_part(name, packages[name], is_used=name not in idle) for name in tracers]
    is_traced = any(part.value for part in by)
    sink.reading("observability.tracing", float(is_traced), by=by, bias=INSTALLED if is_traced else None)
    sink.reading("observability.instrumentator_broken", float(_is_broken(packages)))


def _tracers(packages: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    exporters = [name for name in packages if name.startswith(OTEL_PREFIX) and name not in OTEL_NO_TRACES]
    is_off = any(environ.get(name, "").lower() == value for name, value in OTEL_OFF)
    return sorted([name for name in TRACERS if name in packages] + ([] if is_off else exporters))


def _part(name: str, version: str, *, is_used: bool) -> Part:
    return Part(labels=(("library", name), ("version", version)), value=float(is_used))


def _is_broken(packages: Mapping[str, str]) -> bool:
    installed, fastapi = packages.get(INSTRUMENTATOR), packages.get("fastapi")
    if installed is None or fastapi is None:
        return False
    return version_of(installed) < MENDED and version_of(fastapi) >= BREAKING
