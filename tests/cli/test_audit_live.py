"""`fastdiag audit --live` at the command line: what it refuses, what it exits with, without any service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Ran, fastdiag

APP = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def home() -> str:
    return "ok"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def audit(folder: Path, *arguments: str) -> Ran:
    return fastdiag("audit", *arguments, cwd=folder, environ={"XDG_CACHE_HOME": str(folder / "cache")})


@pytest.mark.parametrize(
    ("option", "value"),
    [("--prometheus", "http://p"), ("--pid", "1"), ("--window", "5m"), ("--gentle", None)],
)
def test_where_the_service_runs_is_of_no_use_without_live(
    folder: Path, option: str, value: str | None
) -> None:
    ran = audit(folder, option, *([value] if value else []))
    assert ran.code == 2
    assert f"{option} says where the running service is" in ran.err
    assert "--live" in ran.err


@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_answers_from_some_of_the_checks_would_be_wrong(folder: Path, option: str) -> None:
    ran = audit(folder, "--live", option, "blocking-call")
    assert ran.code == 2
    assert "--live answers from all checks" in ran.err


def test_an_attestation_of_what_there_is_not_is_told_with_its_place_before_anything_is_asked(
    folder: Path,
) -> None:
    (folder / "fastdiag.yaml").write_text(
        "attest:\n  spike-tested: {owner: me, date: 2026-01-01, until: 2027-01-01}\n", encoding="utf-8"
    )
    ran = audit(folder, "--live")
    assert ran.code == 2
    assert "fastdiag.yaml:2:3: 'attest' names an unknown item, 'spike-tested'" in ran.err
    assert "did you mean 'spikes-tested'?" in ran.err
