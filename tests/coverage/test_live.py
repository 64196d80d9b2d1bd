"""A real application and a real Prometheus: before the lines that the checklist proposes, and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx

from fastdiag.config.flags import Flags
from fastdiag.config.settings import load_settings
from fastdiag.coverage.look import look
from fastdiag.coverage.recipes import mended_by
from fastdiag.model.checklist import Coverage, Seen, Sight
from tests.coverage.answers import concerns, why
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.prometheus import prometheus
from tests.stack.waiting import wait_until

SLOW_S: Final = 0.3
LIBRARIES: Final = frozenset({"fastapi", "sqlalchemy"})
REQUESTS: Final = ("requests-by-endpoint", "latency-percentiles", "errors-by-endpoint")
BARE: Final = """\
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine

app = FastAPI()
engine = create_engine("sqlite://")

@app.get("/orders/{order_id}")
def order(order_id: int) -> dict[str, int]:
    with engine.connect() as connection:
        return {"order": connection.exec_driver_sql("SELECT 1").scalar_one()}

@app.get("/boom")
async def boom() -> JSONResponse:
    return JSONResponse({}, status_code=503)

"""


def lines_for(*needs: str) -> str:
    """Return the lines that the checklist proposes for these items, each once."""
    recipes = (mended_by(need, LIBRARIES, SLOW_S) for need in needs)
    return "\n".join(dict.fromkeys(recipe.lines for recipe in recipes if recipe))


@contextmanager
def shop(directory: Path, text: str, port: int | None = None) -> Iterator[AppServer]:
    file = directory / "shop.py"
    file.write_text(text, encoding="utf-8")
    with app_server(file, directory=directory, kind=ServerKind.UVICORN, workers=1, port=port) as app:
        for number in range(6):
            httpx.get(f"{app.url}/orders/{number}")
            httpx.get(f"{app.url}/boom")
        yield app


def seen_at(app: AppServer, directory: Path, server_url: str | None = None) -> Coverage:
    """Return the answers for an application, its objective being SLOW_S."""
    config = directory / "fastdiag.yaml"
    config.write_text(f"parameters: {{slow: {SLOW_S}s}}\n", encoding="utf-8")
    sources = ("scrape", "workers", "prometheus" if server_url else "probe")
    flags = Flags(
        config=config,
        service="shop",
        pid=str(app.pid),
        app_url=app.url,
        prometheus=server_url,
        only=sources,
        deadline="3s",
    )
    return look(load_settings(flags))


def by_item(coverage: Coverage) -> dict[str, Seen]:
    return {seen.item.id: seen for seen in coverage.items}


def test_the_lines_that_are_proposed_make_items_visible(server_directory: Path) -> None:
    """And what a service has shown is told, with its age, when it has gone."""
    added = lines_for("requests-by-endpoint", "database-query-duration", "worker-restarts")
    port = free_port()  # Prometheus scrapes first after 5 s: the application starts meanwhile
    with (
        prometheus({"shop": [f"{LOOPBACK}:{port}"]}, server_directory) as server,
        ExitStack() as stack,
    ):
        app = stack.enter_context(shop(server_directory, BARE + added, port))
        wait_until(
            lambda: (server.value("sum(http_requests_total)") or 0) >= 12,
            what="requests are scraped",
            within_s=30,
        )
        found = seen_at(app, server_directory, server.url)
        stack.close()
        failed = "count_over_time((up == 0)[6s:1s])"
        wait_until(lambda: (server.value(failed) or 0) >= 4, what="scrapes have failed", within_s=30)
        gone = look(load_settings(Flags(service="shop", prometheus=server.url, only=("prometheus",))))
    seen = by_item(found)
    assert found.service == "shop"
    assert found.sources["prometheus"] == "ok"
    for item in (*REQUESTS, "database-query-duration"):
        assert seen[item].sight is Sight.VISIBLE, why(seen[item])
        assert seen[item].age_s is not None
        assert "bucket" not in concerns(seen[item])
    assert concerns(seen["requests-by-endpoint"]) == ""
    assert "groups statuses" not in concerns(seen["errors-by-endpoint"])
    assert seen["database-query-duration"].by == ("db_client_operation_duration_seconds",)
    assert seen["worker-restarts"].sight is Sight.VISIBLE
    assert gone.sources["prometheus"] == "partial: Prometheus' last scrape of the service failed"
    assert any("does /metrics answer?" in note for note in gone.notes)
    for item in REQUESTS:
        assert by_item(gone)[item].sight is Sight.VISIBLE, why(by_item(gone)[item])
        assert "the newest sample of" in concerns(by_item(gone)[item])


def test_without_them_they_are_not_and_the_lines_are_proposed(server_directory: Path) -> None:
    page = "\nfrom prometheus_client import make_asgi_app\n\napp.mount('/metrics', make_asgi_app())\n"
    with shop(server_directory, BARE + page) as app:
        found = seen_at(app, server_directory)
    seen = by_item(found)
    assert "no Prometheus" in found.sources.get("prometheus", "no Prometheus was asked")
    for item in REQUESTS:
        assert seen[item].sight is Sight.NOT_VISIBLE
        assert "Instrumentator(should_group_status_codes=False)" in seen[item].add
        assert f", {SLOW_S:g}, " in seen[item].add
    assert seen["structured-logs"].sight is Sight.CANNOT_TELL
    assert "probe: answers carry no id" in why(seen["trace-ids"])
