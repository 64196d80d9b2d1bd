"""The one line: everything that it brings about, and when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakSet

from fastdiag.instrument import background, calls
from fastdiag.instrument.garbage import PAUSES
from fastdiag.instrument.guard import Guard, tell_once
from fastdiag.instrument.limiter import Limiter
from fastdiag.instrument.log_records import mark_records, show_in_lines
from fastdiag.instrument.meter import METER, Backend
from fastdiag.instrument.opentelemetry import OpenTelemetryBackend, provider_in_use
from fastdiag.instrument.page import Page
from fastdiag.instrument.patching import Patches
from fastdiag.instrument.pools import asyncpg, psycopg, sqlalchemy
from fastdiag.instrument.pools.levels import LEVELS
from fastdiag.instrument.requests import Application, Requests
from fastdiag.instrument.surround import surround
from fastdiag.instrument.tasks import watch_loop
from fastdiag.instrument.ticker import Ticker

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from prometheus_client import CollectorRegistry

App = TypeVar("App")
REQUEST_ID: Final = "X-Request-ID"
_GUARD: Final = Guard("the application")
_LIMITER: Final = Guard("AnyIO's thread limiter")
_PATCHES: Final = Patches((*background.PATCHES, calls.PATCH, sqlalchemy.PATCH, psycopg.PATCH, asyncpg.PATCH))
_loops: Final[WeakSet[asyncio.AbstractEventLoop]] = WeakSet()


def instrument(  # noqa: PLR0913 - one line is all there is: what can be chosen is chosen in it
    app: App,
    *,
    expose: str | None = None,
    request_id_header: str | None = REQUEST_ID,
    log_request_ids: bool = True,
    meter_provider: MeterProvider | None = None,
    registry: CollectorRegistry | None = None,
) -> App:
    """Publish what no exporter shows of an ASGI application, from the inside; return the application.

    app                FastAPI, Starlette, or any other ASGI application: of the latter kind, serve what is
                       returned. A second call for the same application changes nothing.
    expose             path at which to answer with the metrics, such as `/metrics`, for an application that
                       has no page of its own; whoever reaches the application reaches this page
    request_id_header  header whose value is taken over as a request's id, and under which each answer
                       carries it; None: requests get no ids
    log_request_ids    whether records of `logging` carry the id, and lines of plain formatters show it
    meter_provider     OpenTelemetry's, to publish through; None: the one that the application has set by the
                       time it starts, if any
    registry           prometheus_client's, to publish in although a MeterProvider is set; None: the default
                       one, where there is no MeterProvider

    Never raises, and never makes the application raise: what cannot be measured is told by one warning in the
    log `fastdiag.instrument`.
    """
    with _GUARD:
        if log_request_ids and request_id_header:
            mark_records()
            show_in_lines()
        _PATCHES.install()
        publishers = _Publishers(meter_provider=meter_provider, registry=registry)
        start = _Start(publishers, show_ids=bool(log_request_ids and request_id_header))
        header = request_id_header.lower().encode("ascii") if request_id_header else None
        return surround(app, lambda inner: Requests(_exposing(inner, expose), header, start))
    return app


def _exposing(application: Application, path: str | None) -> Application:
    return Page(application, path) if path else application


@dataclass(frozen=True, slots=True, kw_only=True)
class _Publishers:
    """Whom the application has named to publish through."""

    meter_provider: MeterProvider | None
    registry: CollectorRegistry | None

    def chosen(self) -> Backend | None:
        """Return who publishes; None when there is nobody."""
        provider = self.meter_provider or (None if self.registry else provider_in_use())
        if provider is not None:
            return OpenTelemetryBackend(provider)
        try:
            from fastdiag.instrument.prometheus import PrometheusBackend  # noqa: PLC0415 - only if it is used
        except ImportError:
            tell_once("the service", "there is no MeterProvider, and prometheus_client is not installed")
            return None
        return PrometheusBackend(self.registry)


class _Start:
    """Starts what needs a running event loop, once in each."""

    def __init__(self, publishers: _Publishers, *, show_ids: bool) -> None:
        self._publishers = publishers
        self._show_ids = show_ids

    def __call__(self) -> None:
        """Start, if this loop is a new one; to be called in a task of it."""
        loop = asyncio.get_running_loop()
        if loop in _loops:
            return
        _loops.add(loop)
        if self._show_ids:
            show_in_lines()  # logging may have been configured since
        backend = self._publishers.chosen()
        if backend is None:
            return
        METER.open(backend)
        PAUSES.install()
        watch_loop(loop)
        limiter = Limiter()
        with _LIMITER:
            limiter.find()
        Ticker(loop, _Turn(limiter)).start()


class _Turn:
    """Looks at everything that has a level."""

    def __init__(self, limiter: Limiter) -> None:
        self._looks = (_PATCHES.install, limiter.look, LEVELS.look, background.RUNNING.look, METER.flush)

    def __call__(self) -> None:
        """Look; one that fails does not take the others with it."""
        for look in self._looks:
            with _GUARD:
                look()
