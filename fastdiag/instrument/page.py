"""A metrics page for an application that has none."""

from __future__ import annotations

import os
from typing import Final

from fastdiag.instrument.requests import Application, Receive, Scope, Send

MULTIPROCESS: Final = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


class Page:
    """ASGI middleware that answers GET at one path with the metrics of the process, or of all workers."""

    def __init__(self, app: Application, path: str) -> None:
        self.app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) == self._path:
            await _page()(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _page() -> Application:
    from prometheus_client import REGISTRY, CollectorRegistry, make_asgi_app  # noqa: PLC0415 - only if it is asked for
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415 - likewise

    if not any(os.environ.get(name) for name in MULTIPROCESS):
        return make_asgi_app(REGISTRY)
    everyone = CollectorRegistry()
    MultiProcessCollector(everyone)  # type: ignore[no-untyped-call] # it has no annotations
    return make_asgi_app(everyone)
