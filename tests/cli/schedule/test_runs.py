"""What is printed is started for real, and takes a report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastdiag.schedule.places import STATE
from tests.cli.command import environment, fastdiag, written
from tests.cli.schedule.kinds import IMAGE, command, container
from tests.stack.processes import script

NOBODY = 65532


LOOK = ("--only", "workers", "--deadline", "1s", "-f", "json", "--save", "seen.json")


def test_what_systemd_would_start_takes_a_report(tmp_path: Path) -> None:
    written(tmp_path, "service: shop\n", "fastdiag.yaml")
    ran = fastdiag("schedule", "systemd", *LOOK, "-o", "out.json", cwd=tmp_path)
    line = command(ran.out).removeprefix("ExecStart=").split(" ")
    environ = {**environment(), "STATE_DIRECTORY": str(tmp_path / "state")}
    done = subprocess.run(line, env=environ, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, 3}, done.stderr
    assert done.stdout == ""
    assert '"service": "shop"' in (tmp_path / "out.json").read_text()
    assert (tmp_path / "seen.json").exists()


def test_what_cron_would_start_takes_a_report(tmp_path: Path) -> None:
    (tmp_path / "100% of it").mkdir()
    folder = tmp_path / "100% of it"
    written(tmp_path, "#!/bin/sh\ncat > logged\n", "logger").chmod(0o755)
    ran = fastdiag("schedule", "cron", *LOOK, "-o", "out.json", cwd=folder)
    line = ran.out.splitlines()[-1].split(None, 5)[5].replace("\\%", "%")
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run(["/bin/sh", "-c", line], env=environ, cwd=tmp_path, timeout=60, check=True)
    assert (folder / "seen.json").exists(), (tmp_path / "logged").read_text()
    assert '"schema": 1' in (folder / "out.json").read_text()


def test_what_a_pod_would_start_takes_a_report_as_nobody(server_directory: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    looked = ("--only", "workers", "--deadline", "1s", "-f", "json")
    spec = container(
        fastdiag("schedule", "kubernetes", *IMAGE, "--service", "shop", *looked, cwd=tmp_path).out
    )
    state = server_directory / "state"
    state.mkdir()
    for folder in (server_directory, state):
        os.chown(folder, NOBODY, NOBODY)
    # What points at the volume points at a folder here; that the tests keep no history is not for a pod.
    environ = {one["name"]: str(state) for one in spec["env"] if one["value"] == STATE}
    try:
        done = subprocess.run(
            [script("fastdiag"), *spec["args"]],
            env={"PATH": os.defpath, **environ},
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except PermissionError:
        pytest.skip("the Python of the tests lies where other users may not read")
    assert done.returncode in {0, 3}, done.stderr
    assert '"service": "shop"' in done.stdout
    assert (state / "history.sqlite").exists()


def test_without_its_own_command_fastdiag_is_started_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastdiag.cli.schedule import timing  # noqa: PLC0415 - what is tested is where it looks

    monkeypatch.setattr(sys, "executable", "/opt/python/bin/python3")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert timing._program(None) == ("/opt/python/bin/python3", "-m", "fastdiag")  # noqa: SLF001 - likewise
