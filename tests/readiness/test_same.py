"""Whether the audited code is that of the running service, of which this very process is the worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastdiag.model.target import Local, Target
from fastdiag.readiness.same import doubts

HERE = Target(local=Local(kind="uvicorn", app="main:app", master=None, workers=(os.getpid(),), ports=()))


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop" / "backend").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path


@pytest.mark.parametrize("folder", ["shop", "shop/backend", "."])
def test_the_folder_it_works_in_one_above_and_one_below_may_be_its_code(service: Path, folder: str) -> None:
    assert not list(doubts(service / folder, HERE))


def test_a_folder_elsewhere_is_doubted(service: Path) -> None:
    (service / "other").mkdir()
    (doubt,) = doubts(service / "other", HERE)
    assert doubt.startswith(f"main:app works in {service}/shop")


def test_without_a_server_on_this_machine_the_code_is_taken_at_its_word(service: Path) -> None:
    (doubt,) = doubts(service, Target())
    assert "is taken to be the service's" in doubt
