"""The demo tells the truth below its diagnosis; where the diagnosis is for a program, beside it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from fastdiag.cli.demo import _failures, _settings, _verdict
from fastdiag.config.flags import Flags
from fastdiag.model.rule import Kind
from tests.cli.command import fastdiag, written


@pytest.mark.parametrize(
    ("truth", "said", "sentence"),
    [
        ([], [], "fastdiag named no cause: right."),
        ([], ["slow-queries"], "fastdiag named slow-queries: wrong."),
        (["slow-queries"], [], "The true cause is slow-queries; fastdiag named none."),
        (
            ["slow-queries"],
            ["slow-queries", "x"],
            "The true cause is slow-queries; fastdiag ranked it 1 of 2.",
        ),
        (["slow-queries"], ["x"], "The true cause is slow-queries; fastdiag ranked it nowhere of 1."),
        (["a", "b"], ["b", "a"], "The true causes are a and b; fastdiag ranked them 2 and 1 of 2."),
    ],
)
def test_it_says_how_the_diagnosis_did(truth: list[str], said: list[str], sentence: str) -> None:
    assert _verdict(truth, said) == sentence


def test_a_play_may_bring_the_configuration_of_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "parameters: {slow: 1s}", "fastdiag.yaml")
    theirs = written(tmp_path, "parameters: {slow: 6s}", "theirs.yaml")
    assert {name: one.text for name, one in _settings(Flags(config=theirs)).parameters.items()} == {
        "slow": "6s"
    }
    assert not _settings(Flags()).parameters


def test_what_a_healthy_service_does_not_measure_is_no_wrong_answer() -> None:
    ranked = [
        SimpleNamespace(id="slow-queries", kind=Kind.FAILURE),
        SimpleNamespace(id="missing-tracing", kind=Kind.VISIBILITY),
    ]
    assert _failures(ranked) == ["slow-queries"]  # type: ignore[arg-type]


@pytest.mark.live
def test_what_this_machine_has_configured_is_not_about_the_demo(tmp_path: Path) -> None:
    written(tmp_path, "postgres: [broken\n", "fastdiag.yaml")
    ran = fastdiag(
        "demo",
        "healthy",
        "-f",
        "json",
        cwd=tmp_path,
        environ={"PROMETHEUS_URL": "not a URL", "COLUMNS": "60"},
    )
    assert ran.code == 0, ran.err
    assert (ran.document["service"], ran.document["status"]) == ("demo", "ok")
    assert ran.err.startswith("\nWhat was injected: Nothing")
    assert ran.err.endswith("\nfastdiag named no cause: right.\n")
    assert max(map(len, ran.err.splitlines())) <= 60
