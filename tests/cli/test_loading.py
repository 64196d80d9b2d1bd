"""Who looks at a failing service waits: what the answer needs is loaded while the sources are out.

Counted in modules and not in seconds, which differ from machine to machine.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.cli.command import LIMIT_S, environment, written

ASKED: Final = "what is loaded when the first source is asked:"
PROGRAM: Final = f"""\
import os, sys, threading

def ask(_):
    print("{ASKED}", *sys.modules, flush=True)
    os._exit(0)

threading.Thread.start = ask
from fastdiag.__main__ import run
sys.exit(run(sys.argv[1:]))
"""
LATER: Final = {
    "pydantic",  # Typer's way to read an option
    "psycopg",
    "httpx",
    "requests",
    "psutil",
    "rich",
    "asyncio",
    "importlib.metadata",
    "fastdiag.engine",
    "fastdiag.render",
    "fastdiag.redact.redactor",
    "fastdiag.model.rule",
    "fastdiag.model.diagnosis",
    "fastdiag.model.headroom",
    "fastdiag.rulebook.causes",
    "fastdiag.collectors.postgres",
}
OPTIONS: Final = (
    "--prometheus=http://127.0.0.1:1",
    "--postgres=postgresql://shop@127.0.0.1:1/shop",
    "--queue=redis://127.0.0.1:1/0",
    "--deadline=1s",
)


def asking(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command up to the moment in which it asks its first source."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=cwd,
        env={**environment(), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_nothing_is_loaded_before_the_sources_are_asked_but_what_it_takes_to_ask(tmp_path: Path) -> None:
    for command in ("snapshot", "sources"):
        ran = asking(command, *OPTIONS, cwd=tmp_path)
        assert ran.stdout.startswith(ASKED), ran.stderr
        assert sorted(LATER.intersection(ran.stdout.split())) == []


def test_a_fault_in_ones_own_rules_is_told_before_a_source_is_asked(tmp_path: Path) -> None:
    written(tmp_path, "rules: [ours]", "fastdiag.yaml")
    (tmp_path / "ours" / "causes").mkdir(parents=True)
    written(tmp_path / "ours" / "causes", "id: another", "mine.yaml")
    ran = asking("snapshot", *OPTIONS, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "causes/mine.yaml:1:" in ran.stderr


def test_a_parameter_that_does_not_fit_is_told_before_a_source_is_asked(tmp_path: Path) -> None:
    written(tmp_path, "parameters: {slow: 5%}", "fastdiag.yaml")
    ran = asking("snapshot", *OPTIONS, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "5% does not fit parameter 'slow'" in ran.stderr


def test_a_symptom_that_there_is_not_is_told_before_a_source_is_asked(tmp_path: Path) -> None:
    ran = asking("snapshot", *OPTIONS, "--symptom", "slowness", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no symptom 'slowness'" in ran.stderr
