"""It is run where the incident is: as another user, in a container, without a home or a place to stand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

import fastdiag as package
from tests.cli.command import LIMIT_S, Ran, environment, fastdiag, shell, written
from tests.stack.processes import script

LOOK: Final = ("snapshot", "--only", "workers", "--deadline", "1s")
"""A snapshot that costs nothing; it may find a server of somebody else on this machine, or none."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def stranger(arguments: tuple[str, ...], *, cwd: Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run fastdiag as a user who owns nothing."""
    repository = Path(package.__file__).parents[1]
    places = [str(repository), *(path for path in sys.path if path.endswith("site-packages"))]
    more = {"PYTHONPATH": ":".join(places), "HOME": "/nonexistent", **(environ or {})}
    done = subprocess.run(
        [_python_for_all(), "-m", "fastdiag", *arguments],
        cwd=cwd,
        env=environment(more),
        user="nobody",
        group="nogroup",
        extra_groups=[],
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def _python_for_all() -> str:
    """Return an interpreter of this version that anybody may run: the test's own may lie in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(name, path="/usr/bin:/usr/local/bin")):
        probe = [python or "false", "-c", "pass"]
        try:
            code = subprocess.run(probe, user="nobody", check=False, capture_output=True, cwd="/").returncode
        except OSError:
            continue
        if python and code == 0:
            return python
    pytest.skip("no interpreter of this version that another user may run")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """Make a folder that other users can reach."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return tmp_path


def is_fine(ran: Ran) -> bool:
    """Whether a look ended in a report, be it that there is nothing to see."""
    return ran.code in {0, 3} and "and changed nothing" in ran.out and "rror" not in ran.err


@needs_root
def test_another_user(public: Path) -> None:
    ran = stranger(LOOK, cwd=public)
    assert is_fine(ran), ran


@needs_root
def test_a_working_directory_that_is_closed_to_the_user(public: Path) -> None:
    closed = public / "root"
    closed.mkdir(mode=0o700)
    ran = stranger(LOOK, cwd=closed)
    assert is_fine(ran), ran


@needs_root
def test_a_working_directory_that_cannot_be_written(public: Path) -> None:
    assert is_fine(stranger(LOOK, cwd=public))
    refused = stranger((*LOOK, "--save", "shop.json"), cwd=public)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "error: --save shop.json cannot be written: no permission in folder .\n  hint: choose another place\n"
    )


@needs_root
def test_files_that_are_closed_to_the_user(public: Path) -> None:
    secret = public / "root"
    secret.mkdir(mode=0o700)
    written(secret, "{}", "fastdiag.yaml")
    asked = {
        ("snapshot", "-c", f"{secret}/fastdiag.yaml"): "the file cannot be read: Permission denied",
        ("snapshot", "--rules", f"{secret}/rules"): "the folder cannot be read",
        ("diagnose", f"{secret}/fastdiag.yaml"): "cannot be read: Permission denied",
        ("snapshot", "-o", f"{secret}/x.json"): "cannot be written: ",
    }
    answers = {arguments: stranger(arguments, cwd=public) for arguments in asked}
    assert {ran.code for ran in answers.values()} == {2}
    assert {arguments: said in answers[arguments].err for arguments, said in asked.items()} == dict.fromkeys(
        asked, True
    )


@needs_root
def test_a_configuration_that_the_user_may_not_read_is_told(public: Path) -> None:
    written(public, "service: shop", "fastdiag.yaml").chmod(0o600)
    ran = stranger(LOOK, cwd=public)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: fastdiag.yaml: the file cannot be read: Permission denied\n"


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    ran = shell(f"mkdir x; cd x; rmdir ../x; fastdiag {' '.join(LOOK)}", cwd=tmp_path)
    assert is_fine(ran), ran


def test_no_home_and_no_terminal_type(tmp_path: Path) -> None:
    bare = {"PATH": os.defpath}
    done = subprocess.run(
        [script("fastdiag"), *LOOK], env=bare, cwd=tmp_path, capture_output=True, check=False, timeout=LIMIT_S
    )
    assert is_fine(Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode()))


def test_a_machine_on_which_there_is_nothing(tmp_path: Path) -> None:
    alone = ["unshare", "--pid", "--fork", "--mount-proc", "--net", script("fastdiag")]
    probe = (
        subprocess.run([*alone[:5], "true"], check=False, capture_output=True)
        if shutil.which("unshare")
        else None
    )
    if probe is None or probe.returncode:
        pytest.skip("namespaces of one's own need root on Linux")
    ran = fastdiag("snapshot", cwd=tmp_path, command=alone)
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.startswith("INCONCLUSIVE  nothing could be seen: no source yielded a single reading\n")
    for option in ("--prometheus URL", "--metrics-url http", "--postgres DSN", "--pid PID", "--app-url http"):
        assert option in ran.out, f"it does not say what to give it: {option}"


@pytest.mark.parametrize("text", ["", "# service: shop\n"], ids=["empty", "comments"])
def test_a_configuration_without_settings_is_none(text: str, tmp_path: Path) -> None:
    written(tmp_path, text, "fastdiag.yaml")
    ran = fastdiag(*LOOK, cwd=tmp_path)
    assert is_fine(ran), ran


@pytest.mark.parametrize("deadline", ["1s", "10m"])
def test_the_deadline_is_a_limit_and_no_duration(deadline: str, tmp_path: Path) -> None:
    ran = fastdiag("snapshot", "--only", "workers", "--deadline", deadline, cwd=tmp_path)
    assert is_fine(ran), ran


def test_python_m_fastdiag_is_the_same_command() -> None:
    module = fastdiag("explain", "slow-queries", command=[sys.executable, "-m", "fastdiag"])
    assert module == fastdiag("explain", "slow-queries")
    assert module.out.startswith("Database statements are slow")
