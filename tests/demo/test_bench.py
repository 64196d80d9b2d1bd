"""The incidents of the test bench, staged by `fastdiag demo` through a process of its own."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

import fastdiag as package
from fastdiag import pipeline
from fastdiag.config import load_settings
from fastdiag.config.file import ConfigFile
from fastdiag.demo.bench import BenchIncident, bench_stage
from fastdiag.demo.plays import bench_plays, find_play, on_stage, own_plays
from fastdiag.errors import FastdiagError
from tests.cli.command import fastdiag
from tests.incidents.registry import every_incident


def test_a_checkout_offers_every_incident_of_its_bench() -> None:
    assert [play.name for play in bench_plays()] == [incident.name for incident in every_incident()]


def test_an_installed_package_offers_its_own_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(package, "__file__", str(tmp_path / "fastdiag" / "__init__.py"))
    assert bench_plays() == ()
    assert [play.name for play in own_plays()] == ["pool", "loop", "upstream", "healthy"]


def test_the_list_tells_the_cause_of_each() -> None:
    ran = fastdiag("demo", "--list", environ={"COLUMNS": "80"})
    lines = dict(line.split(maxsplit=1) for line in ran.out.splitlines())
    assert lines["pool"] == "db-pool-exhaustion"
    assert lines["healthy-steady"].startswith("nothing is wrong")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_an_unknown_incident_is_told_with_the_nearest_name() -> None:
    with pytest.raises(FastdiagError, match="there is no incident 'lock-strom'") as caught:
        find_play("lock-strom")
    assert "lock-storm" in (caught.value.hint or "")


def test_what_the_machine_lacks_is_told_before_anything_is_started() -> None:
    wanting = BenchIncident(name="lock-storm", story="", causes=(), lacks=("PgBouncer", "Redis"))
    with (
        pytest.raises(FastdiagError, match="lock-storm needs PgBouncer, Redis"),
        bench_stage(wanting, progress=print),
    ):
        pass


def test_a_bench_that_ends_early_is_told_with_its_last_words() -> None:
    unknown = BenchIncident(name="no-such", story="", causes=(), lacks=())
    with (
        pytest.raises(FastdiagError, match="no such incident: no-such"),
        bench_stage(unknown, progress=print),
    ):
        pass


@pytest.mark.live
@pytest.mark.timeout(240)
def test_an_incident_of_the_bench_is_staged_diagnosed_and_leaves_nothing_behind() -> None:
    play = find_play("upstream-slow")
    if play.lacks:
        pytest.skip(f"needs {', '.join(play.lacks)}")
    others = set(psutil.Process().children(recursive=True))
    told: list[str] = []
    with on_stage(play, progress=told.append) as standing:
        players = set(psutil.Process().children(recursive=True)) - others
        outcome = pipeline.snapshot(load_settings(standing.flags, environ={}, file=ConfigFile()))
    assert outcome.diagnosis.causes[0].id == play.causes[0]
    assert players
    assert not [player for player in players if player.is_running()]
    assert told[0] == "starting PostgreSQL"
    assert {"service", "Prometheus", "PostgreSQL"} <= standing.places.keys()
