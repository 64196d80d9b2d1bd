from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit import path_grouping
from fastdiag.audit.labels import check
from tests.audit.work.ground import found

APP = """
    import re
    from fastapi import FastAPI, Request
    from prometheus_client import Counter, Histogram

    app = FastAPI()
    REQUESTS = Counter("requests", "Requests", ["method", "path"])
    USERS = Counter("users", "Users", ["user_id"])

    def template(path):
        return re.sub("[0-9]+", "ID", path)

    @app.middleware("http")
    async def count(request: Request, call_next):
        {body}
        return await call_next(request)
"""


def app(body: str) -> str:
    """Return an application whose middleware counts in a given way."""
    return APP.replace("{body}", body)


@pytest.mark.parametrize(
    "body",
    [
        "REQUESTS.labels(request.method, request.url.path).inc()",
        "REQUESTS.labels(method=request.method, path=request.url.path).inc()",
        'REQUESTS.labels(method="GET", path=request.scope["path"]).inc()',
        "path = request.url.path; REQUESTS.labels(request.method, path).inc()",
        'REQUESTS.labels("GET", str(request.url)).inc()',
        'REQUESTS.labels("GET", f"{request.method} {request.url.path}").inc()',
        'labels = {"method": "GET", "path": request.url.path}; REQUESTS.labels(**labels).inc()',
    ],
)
def test_a_raw_path_as_a_label_is_told(tmp_path: Path, body: str) -> None:
    (finding,) = found(tmp_path, check, app(body))
    assert finding.kind == "raw-path"
    assert finding.chain[0].text.startswith("middleware")


@pytest.mark.parametrize(
    "body",
    [
        'REQUESTS.labels(request.method, request.scope["route"].path).inc()',
        'route = request.scope.get("route"); REQUESTS.labels(request.method, route.path).inc()',
        "path = template(request.url.path); REQUESTS.labels(request.method, path).inc()",
        'REQUESTS.labels("GET", "/orders").inc()',
        "print(request.url.path)",
    ],
)
def test_a_template_as_a_label_is_none(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, check, app(body)) == []


def test_a_label_that_names_users_is_told(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, app('USERS.labels(user_id=request.headers["user"]).inc()'))
    assert finding.kind == "identifier"


def test_a_label_by_position_is_known_by_what_it_is_called(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, app("user_id = request.user.id; USERS.labels(user_id).inc()"))
    assert "the label user_id" in finding.message
    assert found(tmp_path, check, app("plan = request.user.plan; USERS.labels(plan).inc()")) == []


def test_a_constant_under_such_a_name_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, check, app('USERS.labels(user_id="all").inc()')) == []


EXPORTER = "from starlette_exporter import PrometheusMiddleware\n"
INSTRUMENTATOR = "from prometheus_fastapi_instrumentator import Instrumentator\n"
PROMETHEUS = "from starlette_prometheus import PrometheusMiddleware\n"


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (EXPORTER + "app.add_middleware(PrometheusMiddleware, group_paths=False)", 1),
        (EXPORTER + "app.add_middleware(PrometheusMiddleware, group_paths=True)", 0),
        (EXPORTER + "app.add_middleware(PrometheusMiddleware)", 0),
        (INSTRUMENTATOR + "Instrumentator(should_group_untemplated=False).instrument(app)", 1),
        (INSTRUMENTATOR + "Instrumentator().instrument(app)", 0),
        (PROMETHEUS + "app.add_middleware(PrometheusMiddleware)", 1),
        (PROMETHEUS + "app.add_middleware(PrometheusMiddleware, **options)", 0),
        (PROMETHEUS + "app.add_middleware(PrometheusMiddleware, filter_unhandled_paths=True)", 0),
    ],
)
def test_middleware_that_does_not_group_paths_is_told(tmp_path: Path, lines: str, count: int) -> None:
    source = f"from fastapi import FastAPI\napp = FastAPI()\n{lines}\n"
    assert len(found(tmp_path, path_grouping.check, source)) == count


def test_attributes_of_opentelemetry_are_labels_too(tmp_path: Path) -> None:
    source = """
    from fastapi import FastAPI, Request
    from opentelemetry import metrics

    app = FastAPI()
    meter = metrics.get_meter("shop")
    requests = meter.create_counter("requests")

    @app.get("/{name}")
    async def get(request: Request):
        requests.add(1, {"path": request.url.path})
        requests.add(1, {"path": request.scope["route"].path})
    """
    (finding,) = found(tmp_path, check, source)
    assert finding.place.line == 10
