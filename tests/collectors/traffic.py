"""Known traffic to the instrumented shop."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from tests.stack.apps import AppServer, ServerKind, app_server

SHOP: Final = Path(__file__).parent / "instrumented" / "shop.py"
LIBRARIES: Final = {
    "pfi": {"MEASURED_BY": "pfi"},
    "starlette_exporter": {"MEASURED_BY": "starlette_exporter"},
    "fastapi": {"MEASURED_BY": "fastapi"},
    "otel-old": {"MEASURED_BY": "opentelemetry"},
    "otel-stable": {"MEASURED_BY": "opentelemetry", "OTEL_SEMCONV_STABILITY_OPT_IN": "http"},
}
ITEMS: Final = 120
SLOW: Final = 25
ERRORS: Final = 30
REQUESTS: Final = ITEMS + SLOW + ERRORS


@contextmanager
def instrumented(  # noqa: PLR0913 - what a deployment decides
    library: str,
    directory: Path,
    *,
    kind: ServerKind = ServerKind.UVICORN,
    workers: int = 1,
    shared_metrics: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[AppServer]:
    """Serve the shop, measured by one of LIBRARIES."""
    place = directory / library
    place.mkdir()
    with app_server(
        SHOP,
        directory=place,
        kind=kind,
        workers=workers,
        environment={**LIBRARIES[library], **(environment or {})},
        shared_metrics=shared_metrics,
    ) as app:
        yield app


def send(url: str) -> None:
    """Send REQUESTS requests, and some that do not count, each on a connection of its own."""
    with httpx.Client(base_url=url, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        for number in range(ITEMS):
            client.get(f"/items/{number}")
        for _ in range(ERRORS):
            client.get("/boom")
        for _ in range(5):
            client.get("/healthz")
        with ThreadPoolExecutor(SLOW) as pool:
            list(pool.map(client.get, ["/slow"] * SLOW))
