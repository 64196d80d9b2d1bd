"""A shop with a real fault under real load, from the first process started to the last one ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import Final

from fastdiag.demo.clients import ClientView, read_view
from fastdiag.demo.extra import require_demo_extra
from fastdiag.demo.incidents import Incident
from fastdiag.demo.troupe import LOOPBACK, POLL_S, Troupe
from fastdiag.errors import FastdiagError

MANIFEST_LIMIT_S: Final = 25.0
SETTLED_S: Final = 6.0
"""Load before the stage may be ready: the clients' first window is past its start, and the quantiles of a
scrape have their 20 requests on the routes that matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What stands on the stage.

    ``pid`` is uvicorn's. ``seen`` is what the clients measured when the incident had manifested, which was
    ``ready_after_s`` seconds after the first process was started.
    """

    incident: Incident
    app_url: str
    metrics_url: str
    pid: int
    seen: ClientView
    ready_after_s: float
    report: Path

    def clients(self) -> ClientView:
        """Return what the clients measured most recently; only while the stage stands."""
        return read_view(self.report) or self.seen


class Stage:
    """Stages an incident: ``with Stage(find_incident("pool"), progress=print) as scene: ...``.

    Entering takes about ten seconds: it starts the payment provider, the shop and its clients, and waits
    until the clients, not the shop, measure what the incident says they see. Leaving ends every process and
    removes every file, after an exception or Ctrl-C as well; if the parent is killed, the reaper does so.
    The load ends by itself five minutes after it began.

    Raises (on entering):
        FastdiagError: the demo's packages are missing, a process did not start, or the incident did not
            manifest within ``MANIFEST_LIMIT_S`` seconds of load.
    """

    def __init__(self, incident: Incident, *, progress: Callable[[str], None]) -> None:
        self._incident = incident
        self._progress = progress
        self._exit = ExitStack()

    def __enter__(self) -> Scene:
        require_demo_extra()
        with ExitStack() as stack:  # an interrupt in here ends what has been started so far
            scene = self._set(stack.enter_context(Troupe()))
            self._exit = stack.pop_all()
        return scene

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._progress("ending the load, the shop and the payment provider")
        finally:
            self._exit.close()

    def _set(self, troupe: Troupe) -> Scene:
        begin = time.monotonic()
        pid, app_url = self._start_shop(troupe)
        report = troupe.directory / "clients.json"
        clients = self._send_clients(troupe, app_url, report)
        seen = self._await_incident(clients, report)
        return Scene(
            incident=self._incident,
            app_url=app_url,
            metrics_url=f"{app_url}/metrics",
            pid=pid,
            seen=seen,
            ready_after_s=time.monotonic() - begin,
            report=report,
        )

    def _start_shop(self, troupe: Troupe) -> tuple[int, str]:
        self._progress("starting the payment provider and the shop")
        _, payments_port = troupe.serve(
            "payment provider",
            "fastdiag.demo.apps.payments",
            *("--bank-seconds", str(self._incident.bank_seconds)),
        )
        pid, port = troupe.serve(
            "shop",
            "uvicorn",
            "fastdiag.demo.apps.shop:app",
            *("--host", LOOPBACK),
            settings={
                "OTEL_SERVICE_NAME": "shop",
                "DATABASE_URL": "sqlite+aiosqlite:///shop.db",
                "PAYMENTS_URL": f"http://{LOOPBACK}:{payments_port}",
                "DB_POOL_SIZE": str(self._incident.pool_size),
                "DB_MAX_OVERFLOW": str(self._incident.max_overflow),
            },
        )
        self._progress(f"the shop runs under uvicorn on port {port}, pid {pid}")
        return pid, f"http://{LOOPBACK}:{port}"

    def _send_clients(self, troupe: Troupe, url: str, report: Path) -> Popen[bytes]:
        traffic = self._incident.traffic
        clients = troupe.start(
            "clients",
            "fastdiag.demo.load",
            *("--url", url, "--traffic", traffic.id, "--report", str(report)),
        )
        self._progress(f"{traffic.clients} clients use the shop; waiting until they all feel how it is")
        return clients

    def _await_incident(self, clients: Popen[bytes], report: Path) -> ClientView:
        end = time.monotonic() + MANIFEST_LIMIT_S
        view = read_view(report)
        while time.monotonic() < end and clients.poll() is None:
            view = read_view(report)
            if view is not None and view.running_s >= SETTLED_S and self._incident.manifest(view):
                self._progress(f"the clients see {_describe(view)}")
                return view
            time.sleep(POLL_S)
        raise FastdiagError(
            f"the incident did not show within {MANIFEST_LIMIT_S:.0f} s: {_describe(view)}",
            hint="the machine may be too busy for a demo of this size; try again when it is calmer",
        )


def _describe(view: ClientView | None) -> str:
    if view is None or view.overall is None or view.worst is None:
        return "no request has been answered"
    return (
        f"{view.rps:.0f} requests/s, median {view.overall.p50_s:.2f} s,"
        f" 95th percentile {view.overall.p95_s:.2f} s"
        f" (worst: {view.worst.route}, {view.worst.p95_s:.2f} s), {view.errors} errors"
    )
