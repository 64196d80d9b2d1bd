from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.kept_reads import check
from tests.audit.work.ground import found

APP = """
    from functools import lru_cache
    import requests
    from fastapi import FastAPI

    app = FastAPI()

    @lru_cache
    def user_of(token):
        return requests.get(f"https://users.example.org/{token}", timeout=5).json()

    @lru_cache
    def settings():
        return requests.get("https://config.example.org", timeout=5).json()

    @lru_cache(maxsize=100)
    def slug(title):
        return title.lower()

    def fresh(token):
        return requests.get(f"https://users.example.org/{token}", timeout=5).json()

    @app.get("/")
    def home(token: str):
        return {call}
"""


def test_answers_of_a_service_that_are_kept_for_ever_are_told(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, APP.replace("{call}", "user_of(token)"))
    assert (finding.kind, finding.sink) == ("lru-cache", "requests.get")
    assert [step.text for step in finding.chain] == ["GET /", "user_of", "requests.get"]


@pytest.mark.parametrize("call", ["settings()", "slug(token)", "fresh(token)", "1"])
def test_what_is_computed_or_made_once_may_be_kept(tmp_path: Path, call: str) -> None:
    assert found(tmp_path, check, APP.replace("{call}", call)) == []
