"""What the clients measured: latency as it is outside the service, where its queues cannot hide."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

EVERY_ROUTE: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """Latency of the requests to one route that ended within the window; seconds."""

    route: str
    requests: int
    p50_s: float
    p95_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """What all clients saw over the last ``window_s`` seconds, ``running_s`` seconds into the load.

    ``rps`` counts ended requests a second; ``errors`` those of the window that got no answer, or one with a
    status of 400 or more; ``in_flight`` those that still wait for theirs; ``requests_total`` all that ended.
    """

    running_s: float
    window_s: float
    rps: float
    in_flight: int
    requests_total: int
    errors: int
    routes: tuple[RouteView, ...]

    def route(self, name: str) -> RouteView | None:
        """Return one route's view (``EVERY_ROUTE``: of all together), None if no request to it has ended."""
        return next((each for each in self.routes if each.route == name), None)

    @property
    def overall(self) -> RouteView | None:
        """All routes together, None if no request has ended."""
        return self.route(EVERY_ROUTE)

    @property
    def worst(self) -> RouteView | None:
        """The route with the highest p95, None if no request has ended."""
        single = (each for each in self.routes if each.route != EVERY_ROUTE)
        return max(single, key=lambda each: each.p95_s, default=None)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank quantile of a non-empty ascending sequence."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summarise(route: str, latencies_s: Iterable[float]) -> RouteView:
    """Return one route's view of at least one latency."""
    ordered = sorted(latencies_s)
    return RouteView(
        route=route, requests=len(ordered), p50_s=quantile(ordered, 0.5), p95_s=quantile(ordered, 0.95)
    )


def write_view(path: Path, view: ClientView) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(view)), encoding="utf-8")
    draft.replace(path)


def read_view(path: Path) -> ClientView | None:
    """Return the newest view, None before the first."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return ClientView(**{**fields, "routes": tuple(RouteView(**route) for route in fields["routes"])})
