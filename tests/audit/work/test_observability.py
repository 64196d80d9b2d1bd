from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.observability import METRICS, REQUEST_ID, TRACING, check
from tests.audit.work.ground import found

BARE = """
    from fastapi import FastAPI
    app = FastAPI()

    @app.get("/")
    def home():
        request_id = 7
        return {"request_id": request_id}
"""


def test_a_bare_application_lacks_all_three_and_is_told_where_it_is_made(tmp_path: Path) -> None:
    findings = found(tmp_path, check, BARE)
    assert {one.check for one in findings} == {REQUEST_ID, TRACING, METRICS}
    assert {str(one.place) for one in findings} == {"main.py:2"}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("import prometheus_client", {REQUEST_ID, TRACING}),
        ("from asgi_correlation_id import CorrelationIdMiddleware", {TRACING, METRICS}),
        ('HEADER = "X-Request-ID"', {TRACING, METRICS}),
        ("from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor", set()),
        ("from fastdiag.instrument import instrument", {TRACING}),
        ("import ddtrace", set()),
        ("import sentry_sdk; sentry_sdk.init(enable_tracing=True)", {REQUEST_ID}),
        ("import sentry_sdk; sentry_sdk.init()", {REQUEST_ID, TRACING, METRICS}),
        ("import prometheus_client_of_ours", {REQUEST_ID, TRACING, METRICS}),
        ('# HEADER = "X-Request-ID"', {REQUEST_ID, TRACING, METRICS}),
        ("# import prometheus_client", {REQUEST_ID, TRACING, METRICS}),
    ],
)
def test_what_a_project_has_is_not_missed(tmp_path: Path, line: str, left: set[str]) -> None:
    files = {"main.py": BARE, "seen.py": f"{line}\n"}
    assert {one.check for one in found(tmp_path, check, files)} == left


def test_a_program_that_instruments_what_it_starts_counts(tmp_path: Path) -> None:
    files = {
        "main.py": BARE,
        "Dockerfile": 'FROM python:3.13\nCMD ["opentelemetry-instrument", "uvicorn", "main:app"]\n',
    }
    assert found(tmp_path, check, files) == []


def test_a_project_without_an_application_lacks_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, check, "import os\nprint(os.name)\n") == []


def test_of_several_applications_the_one_nearest_to_the_top_is_named(tmp_path: Path) -> None:
    files = {"admin/deep/app.py": BARE, "main.py": BARE}
    assert {one.place.file for one in found(tmp_path, check, files)} == {"main.py"}
