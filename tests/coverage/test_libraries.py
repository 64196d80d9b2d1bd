"""Pages that real libraries have published: what each shows of the checklist, and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from fastdiag.model.checklist import Sight
from tests.coverage.answers import of_page, why

PAGES: Final = Path(__file__).parents[1] / "metrics" / "pages"
REQUESTS: Final = ("requests-by-endpoint", "latency-percentiles", "errors-by-endpoint")
RESTARTS: Final = "worker-restarts"


@pytest.mark.parametrize(
    ("library", "visible"),
    [
        ("aioprometheus", ("requests-by-endpoint", "errors-by-endpoint")),  # it times nothing
        ("asgi-monitor", REQUESTS),
        ("asgi-prometheus", ("latency-percentiles",)),  # the label of its path is empty
        ("fastapi-native", (*REQUESTS, RESTARTS)),
        ("granian", ()),  # it counts by worker
        ("opentelemetry-old", (*REQUESTS, RESTARTS)),
        ("opentelemetry-stable", (*REQUESTS, "external-latency", RESTARTS)),
        ("pfi-first", (*REQUESTS, RESTARTS)),
        ("pfi-multiprocess", REQUESTS),  # a shared page has no start of a process
        ("psycopg", ("database-query-duration", RESTARTS)),
        ("sqlalchemy-saturated", ("pool-usage", RESTARTS)),
        ("starlette-exporter", (*REQUESTS, RESTARTS)),
    ],
)
def test_a_library_shows_what_it_measures_and_no_more(library: str, visible: tuple[str, ...]) -> None:
    seen = of_page((PAGES / f"{library}.txt").read_text(encoding="utf-8"))
    assert tuple(name for name, one in seen.items() if one.sight is Sight.VISIBLE) == visible


def test_opentelemetry_times_httpx_and_drops_its_timeouts() -> None:
    seen = of_page((PAGES / "opentelemetry-stable.txt").read_text(encoding="utf-8"))["timeouts-and-retries"]
    assert seen.sight is Sight.NOT_VISIBLE
    assert "leaves calls without an answer out" in why(seen)
