"""The incidents of the test bench, staged by `fastdiag demo` through a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import fastdiag as package
from fastdiag import pipeline
from fastdiag.config import load_settings
from fastdiag.config.file import ConfigFile
from fastdiag.demo import bench
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


FAKE = """
import json, sys
print("a warning of some library")
print(json.dumps({"progress": "first"}), flush=True)
if sys.argv[1] == "ready":
    print(json.dumps({"ready": {"flags": {"pid": "7"}, "places": {}, "measured": "p95 3 s"}}), flush=True)
sys.stdin.read()
open(sys.argv[1] + ".down", "w").close()
"""


def fake_bench(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str = FAKE) -> None:
    """Let the checkout be a folder whose bench is this program."""
    play = folder / "tests" / "incidents" / "play.py"
    play.parent.mkdir(parents=True)
    for part in (play.parent.parent, play.parent):
        (part / "__init__.py").touch()
    play.write_text(program, encoding="utf-8")
    monkeypatch.setattr(package, "__file__", str(folder / "fastdiag" / "__init__.py"))


def test_what_a_library_prints_among_the_words_of_the_bench_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_bench(monkeypatch, tmp_path)
    told: list[str] = []
    with bench_stage(
        BenchIncident(name="ready", story="", causes=(), lacks=()), progress=told.append
    ) as scene:
        assert (scene.flags.pid, scene.measured) == ("7", "p95 3 s")
        assert not (tmp_path / "ready.down").exists()
    assert told[0] == "first"
    assert (tmp_path / "ready.down").exists()


def test_a_bench_that_is_never_ready_is_asked_to_take_its_stage_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_bench(monkeypatch, tmp_path)
    monkeypatch.setattr(bench, "READY_LIMIT_S", 0.5)
    never = BenchIncident(name="never", story="", causes=(), lacks=())
    with pytest.raises(FastdiagError, match="was not ready within"), bench_stage(never, progress=print):
        pass
    assert (tmp_path / "never.down").exists()


@pytest.mark.parametrize("said", ["no JSON", "[]", "{}", '{"incident": {"name": "x"}}', '{"incident": 7}'])
def test_a_list_that_is_none_offers_nothing(
    said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_bench(monkeypatch, tmp_path, f"print({said!r})")
    assert bench_plays() == ()


STAGE = """
import time
from tests.incidents.play import until_input_ends
with until_input_ends():
    try:
        print("up", flush=True)
        time.sleep(60)
    finally:
        print("down", flush=True)
"""


@pytest.mark.parametrize("ended_by", ["input", "SIGTERM"])
def test_a_stage_is_taken_down_in_order_while_it_is_still_being_set_up(ended_by: str) -> None:
    stage = subprocess.Popen(
        [sys.executable, "-c", STAGE],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with stage:
        assert stage.stdin
        assert stage.stdout
        assert stage.stdout.readline() == "up\n"
        if ended_by == "SIGTERM":
            stage.terminate()
        else:
            stage.stdin.close()
        assert stage.stdout.read() == "down\n"
    assert stage.returncode == 0


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
