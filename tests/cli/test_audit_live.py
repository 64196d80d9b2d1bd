"""`fastdiag audit --live` at the command line: what it refuses, what it exits with, without any service."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Here

APP = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def home() -> str:
    return "ok"
"""


@pytest.fixture
def app(here: Here) -> Here:
    (here.folder / "app.py").write_text(APP, encoding="utf-8")
    return here


@pytest.mark.parametrize(
    ("option", "value"),
    [("--prometheus", "http://p"), ("--pid", "1"), ("--window", "5m"), ("--gentle", None)],
)
def test_where_the_service_runs_is_of_no_use_without_live(app: Here, option: str, value: str | None) -> None:
    ran = app.run("audit", option, *([value] if value else []))
    assert ran.code == 2
    assert f"{option} says where the running service is" in ran.err
    assert "--live" in ran.err


@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_answers_from_some_of_the_checks_would_be_wrong(app: Here, option: str) -> None:
    ran = app.run("audit", "--live", option, "blocking-call")
    assert ran.code == 2
    assert "--live answers from all checks" in ran.err


def test_an_attestation_of_what_there_is_not_is_told_with_its_place_before_anything_is_asked(
    app: Here,
) -> None:
    (app.folder / "fastdiag.yaml").write_text(
        "attest:\n  spike-tested: {owner: me, date: 2026-01-01, until: 2027-01-01}\n", encoding="utf-8"
    )
    ran = app.run("audit", "--live")
    assert ran.code == 2
    assert "fastdiag.yaml:2:3: 'attest' names an unknown item, 'spike-tested'" in ran.err
    assert "did you mean 'spikes-tested'?" in ran.err
