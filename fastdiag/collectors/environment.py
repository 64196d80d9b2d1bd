"""What the packages of the service's Python environment say of how it is observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.collectors.reasons import say_unreadable
from fastdiag.collectors.sink import Sink
from fastdiag.host.packages import packages_of, version_of
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
    {"opentelemetry-exporter-prometheus", "opentelemetry-exporter-otlp-proto-common"}
)
"""An exporter of metrics only, and what exporters share. The API and SDK alone send nothing anywhere."""
OTEL_OFF: Final = (("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"))
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
    by = [Part(labels=(("library", name), ("version", packages[name])), value=1.0) for name in tracers]
    sink.reading("observability.tracing", float(bool(tracers)), by=by, bias=INSTALLED if tracers else None)
    sink.reading("observability.instrumentator_broken", float(_is_broken(packages)))


def _tracers(packages: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    exporters = [name for name in packages if name.startswith(OTEL_PREFIX) and name not in OTEL_NO_TRACES]
    is_off = any(environ.get(name, "").lower() == value for name, value in OTEL_OFF)
    return sorted([name for name in TRACERS if name in packages] + ([] if is_off else exporters))


def _is_broken(packages: Mapping[str, str]) -> bool:
    installed, fastapi = packages.get(INSTRUMENTATOR), packages.get("fastapi")
    if installed is None or fastapi is None:
        return False
    return version_of(installed) < MENDED and version_of(fastapi) >= BREAKING
